import { setTimeout as sleep } from "node:timers/promises";

const graceMs = 200;
const lookEveryMs = 5;

/** What keeps this process alive now; later tells whether nothing has been added to it: timers, threads, sockets, processes. */
export function leftovers(): { areClosed(): Promise<boolean> } {
  const before = countResources();
  const areClosed = () => [...countResources()].every(([type, count]) => count <= (before.get(type) ?? 0));
  return {
    async areClosed() {
      // A thread that was ended takes a moment to be gone.
      for (let waitedMs = 0; waitedMs < graceMs && !areClosed(); waitedMs += lookEveryMs) await sleep(lookEveryMs);
      return areClosed();
    },
  };
}

function countResources(): Map<string, number> {
  const counts = new Map<string, number>();
  for (const type of process.getActiveResourcesInfo()) counts.set(type, (counts.get(type) ?? 0) + 1);
  return counts;
}
