import { Template } from "@huggingface/jinja";
import { DataError } from "../../base/errors.ts";
import type { Tokenizer } from "../tokenizers/tokenizer.ts";
import { countMarkers, IMAGE_MARKER, type Segment, type Turn, withPictures } from "./conversation.ts";

type Render = (turns: readonly Turn[], tokenizer: Tokenizer) => Segment[];

const learnt = (text: string): Segment => ({ kind: "text", text, learnt: true });
const end: Segment = { kind: "end" };

/** The frames that conversations are put into. To add one: a line here. */
export const templates = {
  /** Pictures, question, answer, end: what the small models here are trained with. */
  bare: (turns) =>
    turns.flatMap(({ question, answer }) => {
      const text = question.replaceAll(IMAGE_MARKER, "").trim();
      const pictures = IMAGE_MARKER.repeat(countMarkers(question));
      return [...withPictures(pictures + text), ...(answer === null ? [] : [learnt(answer), end])];
    }),
  /** LLaVA's pre-training: the picture, then its caption and a new line; the question is left out. Source: TinyLLaVA, pretrain. */
  plain: (turns) =>
    turns.flatMap(({ question, answer }) => [
      ...withPictures(IMAGE_MARKER.repeat(countMarkers(question))),
      ...(answer === null ? [] : [learnt(`${answer}\n`)]),
    ]),
  phi: userAssistant,
  /** The same as phi: it differs in the end of text, which is the tokenizer's. Source: TinyLLaVA. */
  qwen2_base: userAssistant,
  chat: ownTemplate,
} satisfies Record<string, Render>;

export type TemplateName = keyof typeof templates;
export const templateNames = Object.keys(templates) as [TemplateName, ...TemplateName[]];

const system =
  "A chat between a curious user and an artificial intelligence assistant. The assistant gives helpful, detailed, and polite answers to the user's questions. ";

/** Source: TinyLLaVA, phi. The space before an answer is learnt with it, as its tokenizer joins them. */
function userAssistant(turns: readonly Turn[]): Segment[] {
  return turns.flatMap(({ question, answer }, index) => [
    ...withPictures(`${index === 0 ? system : ""}USER: ${picturesFirst(question)} ASSISTANT:`),
    ...(answer === null ? [] : [learnt(` ${answer}`), end]),
  ]);
}

/** Pictures before the text, each on a line, wherever the markers stood. */
function picturesFirst(question: string): string {
  const text = question.replaceAll(IMAGE_MARKER, "").trim();
  return `${`${IMAGE_MARKER}\n`.repeat(countMarkers(question))}${text}`.trim();
}

/** The tokenizer's own template; what it writes between question and next question is learnt. */
function ownTemplate(turns: readonly Turn[], { chatTemplate }: Tokenizer): Segment[] {
  if (chatTemplate === null) {
    throw new DataError({
      code: "DATA_NO_CHAT_TEMPLATE",
      message: "The tokenizer has no chat template",
      expected: "a chat_template in tokenizer_config.json",
      got: "none",
      fix: `Choose another template: ${templateNames.filter((name) => name !== "chat").join(", ")}.`,
    });
  }
  const template = new Template(chatTemplate);
  const messages: { role: string; content: string }[] = [];
  const segments: Segment[] = [];
  let written = "";
  const render = (add_generation_prompt: boolean) => {
    const text = template.render({ messages, add_generation_prompt, bos_token: "", eos_token: "" });
    if (text.startsWith(written)) return text;
    throw new DataError({
      code: "DATA_CHAT_TEMPLATE",
      message: "The chat template changes earlier turns when later ones are added",
      expected: "a text that begins with that of the turns before",
      got: text.slice(0, 80),
      fix: "Choose another template.",
    });
  };
  for (const { question, answer } of turns) {
    messages.push({ role: "user", content: picturesFirst(question) });
    const asked = render(true);
    segments.push(...withPictures(asked.slice(written.length)));
    written = asked;
    if (answer === null) break;
    messages.push({ role: "assistant", content: answer });
    const answered = render(false);
    segments.push(learnt(answered.slice(written.length)));
    written = answered;
  }
  return segments;
}
