import { setTimeout as sleep } from "node:timers/promises";
import { SpecError } from "../../base/errors.ts";
import type { StageContext } from "../stage.ts";
import type { DiagnosticLightParams } from "./definition.ts";

/** Runs a light diagnostic [node]. */
export async function runDiagnosticLight({ params, metric, signal }: StageContext<DiagnosticLightParams>) {
  const { waitMs, points, printLines, failure } = params;
  for (let line = 1; line <= printLines; line++) process.stdout.write(`Line ${line} of ${printLines}\n`);
  for (let step = 1; step <= points; step++) metric("loss", step, 1 / step);
  if (failure === "user-error") {
    throw new SpecError({ code: "DIAGNOSTIC_USER_ERROR", message: "Asked to fail by a user error" });
  }
  if (failure === "unexpected-error") throw new Error("Asked to fail by an unexpected error");
  while (failure === "ignore-abort") await sleep(1_000);
  if (waitMs > 0) await sleep(waitMs, undefined, { signal });
}
