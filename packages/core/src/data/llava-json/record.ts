import { z } from "zod";
import { DataError } from "../../base/errors.ts";
import { countMarkers, type Turn } from "../conversation/conversation.ts";

const record = z.looseObject({
  id: z.union([z.string(), z.number()]).optional(),
  image: z.union([z.string(), z.array(z.string())]).nullish(),
  conversations: z.array(z.object({ from: z.string(), value: z.string() })).min(2),
});

/** One conversation about no, one or several pictures. */
export interface Conversation {
  id: string;
  /** Paths below the folder of images. */
  images: readonly string[];
  turns: readonly Turn[];
}

/**
 * A record of LLaVA's form, checked: human and gpt by turns, an answer to every question, a marker for every picture.
 * @throws DataError that names the record and what is wrong with it
 */
export function parseConversation(text: string, where: string): Conversation {
  const refuse = (code: string, message: string, [expected, got]: [string, string]) =>
    new DataError({ code, message, expected, got, where, fix: skipFix });
  const parsed = record.safeParse(jsonOf(text));
  if (!parsed.success) {
    throw refuse("DATA_BAD_RECORD", "A record is not of LLaVA's form", [
      "{id, image, conversations: [{from, value}, ...]}",
      z.prettifyError(parsed.error),
    ]);
  }
  const { id, image, conversations } = parsed.data;
  const images = typeof image === "string" ? [image] : (image ?? []);
  // Some sets begin with a remark of the model's, which answers nothing.
  const spoken = conversations[0]!.from === "human" ? conversations : conversations.slice(1);
  const turns: Turn[] = [];
  for (let i = 0; i < spoken.length; i += 2) {
    const [human, gpt] = [spoken[i]!, spoken[i + 1]];
    if (human.from !== "human" || gpt?.from !== "gpt") {
      const order = spoken.map(({ from }) => from).join(", ");
      throw refuse("DATA_ROLES", "Human and gpt do not take turns", ["human, gpt, human, gpt ...", order]);
    }
    if (gpt.value.trim() === "") {
      throw refuse("DATA_EMPTY_ANSWER", "An answer is empty", ["text", `nothing, to "${human.value.slice(0, 60)}"`]);
    }
    turns.push({ question: human.value, answer: gpt.value });
  }
  const markers = turns.reduce((sum, { question }) => sum + countMarkers(question), 0);
  const inAnswers = turns.reduce((sum, { answer }) => sum + countMarkers(answer ?? ""), 0);
  if (markers !== images.length || inAnswers > 0) {
    throw refuse("DATA_IMAGE_MARKERS", "Pictures and <image> markers do not agree", [
      `${images.length} markers in questions, none in answers`,
      `${markers} in questions, ${inAnswers} in answers`,
    ]);
  }
  return { id: String(id ?? where), images, turns };
}

const skipFix = 'Correct the record, or set onBadRecord to "skip" to leave such records out, counted and listed.';

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text.slice(0, 80);
  }
}
