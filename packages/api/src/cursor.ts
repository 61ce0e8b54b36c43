import { SpecError } from "@retort/core";
import type { MetricCursor } from "@retort/db";
import { z } from "zod";

const schema = z.strictObject({ attempt: z.number().int(), steps: z.record(z.string(), z.number().int()) });

/** A position in a stage's metrics as text that fits into a URL and a header. */
export function encodeCursor(cursor: MetricCursor): string {
  return Buffer.from(JSON.stringify(cursor)).toString("base64url");
}

/** @throws SpecError BAD_CURSOR */
export function decodeCursor(text: string): MetricCursor {
  const parsed = schema.safeParse(parseJson(Buffer.from(text, "base64url").toString()));
  if (parsed.success) return parsed.data;
  throw new SpecError({
    code: "BAD_CURSOR",
    message: "This is not a position that the server gave",
    expected: "the cursor or event id of an earlier answer",
    got: text.slice(0, 40),
  });
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
