import type { Retort } from "@retort/api/client";
import { hint } from "../output/print.ts";

/** A run waits silently when nobody is there to take it: say so at once. */
export async function warnWithoutWorkers(retort: Retort): Promise<void> {
  const workers = await retort.workers.list.query();
  if (workers.some(({ status }) => status === "online")) return;
  const draining = workers.find(({ status }) => status === "draining");
  hint(
    draining === undefined
      ? "No worker is online: the run waits until one is. `npm start` starts one with the server."
      : `Every worker drains: the run waits until one takes stages again (retort workers undrain ${draining.name}).`,
  );
}
