/** Where a picture stands in a text, in LLaVA's data. */
export const IMAGE_MARKER = "<image>";

/** A question with its answer; null asks for one. */
export interface Turn {
  question: string;
  answer: string | null;
}

/** A piece of a conversation as a model reads it. */
export type Segment =
  | { kind: "text"; text: string; learnt: boolean }
  /** The next picture. */
  | { kind: "image" }
  /** The tokenizer's end of an answer, which is learnt. */
  | { kind: "end" };

/** Text with its pictures at their markers, none of it learnt. */
export function withPictures(text: string): Segment[] {
  return text.split(IMAGE_MARKER).flatMap((part, index): Segment[] => {
    const written: Segment[] = part === "" ? [] : [{ kind: "text", text: part, learnt: false }];
    return index === 0 ? written : [{ kind: "image" }, ...written];
  });
}

export function countMarkers(text: string): number {
  return text.split(IMAGE_MARKER).length - 1;
}
