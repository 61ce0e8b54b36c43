import { DivergedError } from "@retort/engine";
import { DataError, SpecError } from "../../base/errors.ts";
import type { StageContext } from "../stage.ts";
import type { DiagnosticParams } from "./definition.ts";

type Failing = (context: StageContext<DiagnosticParams>, step: number) => void | Promise<void>;

/** What each way of failing does; [node]. */
export const failing = {
  none: () => {},
  "user-error": (_, step) => {
    throw new SpecError({ code: "DIAGNOSTIC_USER_ERROR", message: "Asked to fail by a user error", where: at(step) });
  },
  "data-error": (_, step) => {
    throw new DataError({ code: "DIAGNOSTIC_DATA_ERROR", message: "Asked to fail by a data error", where: at(step) });
  },
  "unexpected-error": (_, step) => {
    throw new Error(`Asked to fail by an unexpected error at ${at(step)}`);
  },
  nan: ({ metric }, step) => {
    metric("loss", step + 1, Number.NaN);
    throw new DivergedError({
      code: "DIVERGED",
      message: "The loss is not a number",
      expected: "a finite loss",
      got: "NaN",
      where: at(step),
    });
  },
  exit: (_, step) => {
    process.stderr.write(`Asked to exit with code 3 at ${at(step)}\n`);
    process.exit(3);
  },
  abort: (_, step) => {
    process.stderr.write(`Asked to abort at ${at(step)}\n`);
    process.abort();
  },
  "out-of-memory": async ({ params }) => {
    const chunkBytes = 32 * 2 ** 20;
    const held: Buffer[] = [];
    while (held.length * chunkBytes < 2 * params.memoryMb * 2 ** 20) {
      held.push(Buffer.alloc(chunkBytes, 1));
      // Time for the worker to look: a limit that nobody enforces must show itself.
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    throw new Error(`Took ${held.length * 32} MiB, twice the limit, and nobody stopped it`);
  },
  // Blocks the event loop: no message, signal or timer gets through.
  hang: () => {
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
  },
  "ignore-abort": async () => {
    for (;;) await new Promise((resolve) => setTimeout(resolve, 1_000));
  },
} satisfies Record<DiagnosticParams["failure"], Failing>;

function at(step: number): string {
  return `step ${step}`;
}
