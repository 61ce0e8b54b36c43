import { AsyncLocalStorage } from "node:async_hooks";
import { PassThrough } from "node:stream";
import type { OutputStream } from "./child-process.ts";
import { eachLine } from "./output-tail.ts";

type Streams = Record<OutputStream, PassThrough>;

const capture = new AsyncLocalStorage<Streams>();
let isInstalled = false;

/** What the work, and all that follows from it, prints to stdout and stderr goes to `onLine` line by line instead. */
export async function captureOutput(
  work: () => Promise<void>,
  onLine: (stream: OutputStream, line: string) => Promise<void> | undefined,
): Promise<void> {
  install();
  const streams: Streams = { stdout: new PassThrough(), stderr: new PassThrough() };
  const ended = Object.entries(streams).map(([name, stream]) => {
    eachLine(stream, (line) => onLine(name as OutputStream, line));
    return new Promise<void>((resolve) => stream.once("end", resolve));
  });
  try {
    await capture.run(streams, work);
  } finally {
    // Nothing that was printed is lost: the ends are read after all lines.
    for (const stream of Object.values(streams)) stream.end();
    await Promise.all(ended);
  }
}

/** For work on behalf of the worker that a stage has caused: what it prints is the worker's own. */
export function outsideCapture<T>(work: () => T): T {
  return capture.exit(work);
}

/** The worker's streams, once: a write within a capture goes to it, any other is what it was. */
function install(): void {
  if (isInstalled) return;
  isInstalled = true;
  for (const name of ["stdout", "stderr"] as const) {
    const write = process[name].write.bind(process[name]) as (...args: unknown[]) => boolean;
    process[name].write = ((...args: unknown[]) => {
      const stream = capture.getStore()?.[name];
      if (stream === undefined || stream.writableEnded) return write(...args);
      return (stream.write as (...args: unknown[]) => boolean)(...args);
    }) as typeof process.stdout.write;
  }
}
