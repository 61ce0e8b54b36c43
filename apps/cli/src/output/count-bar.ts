import { Presets, SingleBar } from "cli-progress";
import { hint } from "./print.ts";

/** Steps from line to line where stderr is no terminal. */
const LINE_EVERY = 100;

/** Progress of something that is counted, on stderr: a bar in a terminal, else a line now and then. */
export function countBar(unit: string): { update(done: number, total: number): void; stop(): void } {
  if (!process.stderr.isTTY) {
    return {
      update(done, total) {
        if (done % LINE_EVERY === 0 || done === total) hint(`${done} of ${total} ${unit}`);
      },
      stop: () => undefined,
    };
  }
  const options = {
    stream: process.stderr,
    format: `{bar} {value} of {total} ${unit}  {eta_formatted}`,
    hideCursor: true,
  };
  const bar = new SingleBar(options, Presets.shades_classic);
  return {
    update(done, total) {
      if (!bar.isActive) bar.start(total, 0);
      bar.update(done);
    },
    stop: () => bar.stop(),
  };
}
