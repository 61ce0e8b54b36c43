// [node]
import { createReadStream } from "node:fs";
import { DataError } from "../../base/errors.ts";

/** Where one record lies in its file, in bytes. */
export interface RecordSpan {
  start: number;
  end: number;
}

const [QUOTE, BACKSLASH] = [0x22, 0x5c];
const [OPEN_BRACE, CLOSE_BRACE, OPEN_BRACKET, CLOSE_BRACKET] = [0x7b, 0x7d, 0x5b, 0x5d];

/**
 * The objects of a JSON array, or of JSON lines, found by their braces alone: a file of any size passes through in pieces.
 * @throws DataError when the file is missing, or ends inside an object
 */
export async function* recordSpans(path: string): AsyncGenerator<RecordSpan> {
  let position = 0;
  let depth = 0;
  let start = -1;
  let inText = false;
  let escaped = false;
  for await (const chunk of bytesOf(path)) {
    for (let i = 0; i < chunk.length; i++) {
      const byte = chunk[i]!;
      if (inText) {
        if (escaped) escaped = false;
        else if (byte === BACKSLASH) escaped = true;
        else if (byte === QUOTE) inText = false;
        continue;
      }
      if (byte === QUOTE) inText = true;
      else if (byte === OPEN_BRACE || byte === OPEN_BRACKET) {
        if (byte === OPEN_BRACE && start < 0) [start, depth] = [position + i, 0];
        if (start >= 0) depth++;
      } else if ((byte === CLOSE_BRACE || byte === CLOSE_BRACKET) && start >= 0) {
        depth--;
        if (depth === 0) {
          yield { start, end: position + i + 1 };
          start = -1;
        }
      }
    }
    position += chunk.length;
  }
  if (start < 0) return;
  throw new DataError({
    code: "DATA_UNREADABLE_JSON",
    message: "The file ends inside a record",
    expected: "a whole JSON array, or JSON lines",
    got: `a record that begins at byte ${start} and does not end`,
    where: path,
    fix: "Copy the file again from its source.",
  });
}

async function* bytesOf(path: string): AsyncGenerator<Uint8Array> {
  try {
    for await (const chunk of createReadStream(path, { highWaterMark: 1 << 20 })) yield chunk as Uint8Array;
  } catch (cause) {
    throw new DataError({
      code: "DATA_PATH_MISSING",
      message: "The file of conversations cannot be read",
      expected: "a file",
      got: cause instanceof Error ? cause.message : String(cause),
      where: path,
      cause,
    });
  }
}
