/**
 * Makes stdout and stderr write at once: a process that exits or crashes has then printed all that it was to print, and one that prints
 * faster than the worker stores has to wait. Node has no public way to ask for it, and gives up what is queued at the exit.
 */
export function writeOutputAtOnce(): void {
  for (const stream of [process.stdout, process.stderr]) {
    const handle: unknown = Reflect.get(stream, "_handle");
    if (isBlockable(handle)) handle.setBlocking(true);
  }
}

function isBlockable(handle: unknown): handle is { setBlocking(blocking: boolean): void } {
  return typeof handle === "object" && handle !== null && typeof Reflect.get(handle, "setBlocking") === "function";
}

/** Resolves when everything printed so far has left the process. */
export async function outputWritten(): Promise<void> {
  await Promise.all(
    [process.stdout, process.stderr].map((stream) => new Promise<void>((resolve) => stream.write("", () => resolve()))),
  );
}

/** Tells the worker on both streams that an attempt has printed all it will. A line of its own, whatever was printed before. */
export function printEndMark(endMark: string): void {
  for (const stream of [process.stdout, process.stderr]) stream.write(`\n${endMark}\n`);
}
