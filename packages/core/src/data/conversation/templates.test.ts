import { describe, expect, it } from "vitest";
import type { Tokenizer } from "../tokenizers/tokenizer.ts";
import { WordTokenizer } from "../tokenizers/word.ts";
import type { Segment } from "./conversation.ts";
import { encodeSegments } from "./encode.ts";
import { templates } from "./templates.ts";

const tokenizer = WordTokenizer.fromTexts(["user assistant : what color why red because blue"]);
const turns = [
  { question: "<image>\nWhat color?", answer: "red" },
  { question: "Why?", answer: "because" },
];
/** Learnt text in brackets. */
const shown = (segments: readonly Segment[]) =>
  segments
    .map((segment) => {
      if (segment.kind === "image") return "<image>";
      if (segment.kind === "end") return "[END]";
      return segment.learnt ? `[${segment.text}]` : segment.text;
    })
    .join("");

describe("conversation templates", () => {
  it("bare: pictures, question, answer, end", () => {
    expect(shown(templates.bare(turns))).toBe("<image>What color?[red][END]Why?[because][END]");
  });

  it("plain: picture, caption, new line; the question is left out", () => {
    expect(shown(templates.plain(turns.slice(0, 1)))).toBe("<image>[red\n]");
  });

  it("phi and qwen2_base: TinyLLaVA's words, pictures first wherever the marker stood, a prompt that waits for the answer", () => {
    const system =
      "A chat between a curious user and an artificial intelligence assistant. The assistant gives helpful, detailed, and polite answers to the user's questions. ";
    const late = [{ question: "What color?\n<image>", answer: "red" }, turns[1]!];
    const expected = `${system}USER: <image>\nWhat color? ASSISTANT:[ red][END]USER: Why? ASSISTANT:[ because][END]`;
    expect(shown(templates.phi(late))).toBe(expected);
    expect(shown(templates.qwen2_base(turns))).toBe(expected);
    expect(shown(templates.phi([{ question: "Why?", answer: null }]))).toBe(`${system}USER: Why? ASSISTANT:`);
    expect(shown(templates.phi([{ question: "<image><image>Why?", answer: null }]))).toContain(
      "<image>\n<image>\nWhy?",
    );
  });

  describe("chat", () => {
    const withTemplate = (chatTemplate: string | null): Tokenizer =>
      Object.defineProperty(WordTokenizer.fromTexts(["a"]), "chatTemplate", { value: chatTemplate });
    const chatml =
      "{% for m in messages %}<|im_start|>{{ m.role }}\n{{ m.content }}<|im_end|>\n{% endfor %}{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}";

    it("is the tokenizer's own, with what it writes for an answer learnt", () => {
      expect(shown(templates.chat(turns, withTemplate(chatml)))).toBe(
        "<|im_start|>user\n<image>\nWhat color?<|im_end|>\n<|im_start|>assistant\n[red<|im_end|>\n]<|im_start|>user\nWhy?<|im_end|>\n<|im_start|>assistant\n[because<|im_end|>\n]",
      );
    });

    it("is refused where there is none, or where it rewrites earlier turns", () => {
      const code = (expected: string) => expect.objectContaining({ code: expected });
      expect(() => templates.chat(turns, withTemplate(null))).toThrow(code("DATA_NO_CHAT_TEMPLATE"));
      const rewriting = "{{ messages | length }}{% for m in messages %}{{ m.content }}{% endfor %}";
      expect(() => templates.chat(turns, withTemplate(rewriting))).toThrow(code("DATA_CHAT_TEMPLATE"));
    });
  });

  it("is encoded with a slot for every image token, and knows which tokens are learnt", () => {
    const { tokens, features, learnt, numImages } = encodeSegments(templates.bare(turns), {
      tokenizer,
      numImageTokens: 3,
    });
    const [what, color, mark, red, why] = tokenizer.encode("what color ? red why") as [
      number,
      number,
      number,
      number,
      number,
    ];
    const because = tokenizer.encode("because")[0]!;
    const { padId: pad, eosId: end } = tokenizer;
    expect(tokens).toEqual([pad, pad, pad, what, color, mark, red, end, why, mark, because, end]);
    expect(features).toEqual([0, 1, 2, -1, -1, -1, -1, -1, -1, -1, -1, -1]);
    expect(learnt.map(Number)).toEqual([0, 0, 0, 0, 0, 0, 1, 1, 0, 0, 1, 1]);
    expect(numImages).toBe(1);
  });
});
