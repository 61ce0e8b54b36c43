import type { Readable } from "node:stream";
import { StringDecoder } from "node:string_decoder";

const maxLineLength = 4_000;

/** The last lines of a process's output, from several streams in the order they came. */
export class OutputTail {
  readonly #maxLines: number;
  readonly #lines: string[] = [];

  constructor(maxLines = 50) {
    this.#maxLines = maxLines;
  }

  add(line: string): void {
    this.#lines.push(line);
    if (this.#lines.length > this.#maxLines) this.#lines.shift();
  }

  text(): string {
    return this.#lines.join("\n");
  }
}

/**
 * Calls for each line of a stream, the last one also when nothing ends it. Lines beyond 4,000 characters come in pieces.
 * While a promise that a call gave is open, nothing more is read, and whoever prints has to wait.
 */
export function eachLine(stream: Readable, onLine: (line: string) => Promise<void> | undefined): void {
  const decoder = new StringDecoder("utf8");
  let rest = "";
  let numWaiting = 0;
  const hand = (line: string) => {
    const stored = onLine(line);
    if (stored === undefined) return;
    numWaiting++;
    stream.pause();
    void stored.finally(() => {
      numWaiting--;
      if (numWaiting === 0) stream.resume();
    });
  };
  stream.on("data", (chunk: Buffer) => {
    const lines = (rest + decoder.write(chunk)).split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines) for (const piece of pieces(shown(line))) hand(piece);
    while (rest.length > maxLineLength) {
      hand(rest.slice(0, maxLineLength));
      rest = rest.slice(maxLineLength);
    }
  });
  stream.on("end", () => {
    if (rest !== "") hand(rest);
  });
}

/** What a terminal would show: a progress bar that draws over itself is its last state. */
function shown(line: string): string {
  const text = line.endsWith("\r") ? line.slice(0, -1) : line;
  return text.slice(text.lastIndexOf("\r") + 1);
}

function pieces(line: string): string[] {
  if (line.length <= maxLineLength) return [line];
  return Array.from({ length: Math.ceil(line.length / maxLineLength) }, (_, index) =>
    line.slice(index * maxLineLength, (index + 1) * maxLineLength),
  );
}
