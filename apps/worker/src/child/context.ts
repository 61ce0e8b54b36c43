import { type EvaluationResult, SpecError, type StageContext, type StageDefinition } from "@retort/core";
import { DivergedError } from "@retort/engine";
import type { StartMessage } from "../runner/messages.ts";
import type { Channel } from "./channel.ts";

export interface ContextOptions<P> {
  start: StartMessage;
  definition: StageDefinition<P>;
  params: P;
  channel: Channel;
  signal: AbortSignal;
}

/** What the stage sees, over the channel to the worker. */
export function stageContext<P>({ start, definition, params, channel, signal }: ContextOptions<P>): StageContext<P> {
  const { seed, threads, device, accumulate, inputs, workDir, checkpoint } = start;
  return {
    params,
    seed,
    threads,
    device,
    accumulate,
    inputs,
    workDir,
    checkpoint,
    signal,
    metric: (key, step, value) => channel.point({ key, step, value }),
    progress: (done, total, unit) => channel.progress({ done, total, unit }),
    log: (level, message) => channel.line({ at: new Date(), level, message }),
    async artifact(name, path, meta = {}) {
      if (!Object.hasOwn(definition.outputs, name)) throw undeclaredOutput(definition, name);
      await channel.request({ type: "artifact", name, path, meta });
    },
    saveCheckpoint: (step, path) => channel.request({ type: "checkpoint", step, path }),
    async evaluation(result) {
      checkFinite(result);
      await channel.request({ type: "evaluation", result });
    },
  };
}

/** A metric that is no number can be neither ranked nor averaged over seeds. */
function checkFinite({ dataset, split, condition, metrics, samples }: EvaluationResult): void {
  const scores = samples.map(({ sampleId, score }): [string, number] => [`sample ${sampleId}`, score]);
  for (const [name, value] of [...Object.entries(metrics), ...scores]) {
    if (Number.isFinite(value)) continue;
    throw new DivergedError({
      code: "EVALUATION_NOT_FINITE",
      message: `"${name}" of the evaluation is not a number`,
      expected: "a finite number",
      got: String(value),
      where: `${dataset}/${split}/${condition}`,
    });
  }
}

function undeclaredOutput<P>({ kind, outputs }: StageDefinition<P>, name: string): SpecError {
  return new SpecError({
    code: "UNDECLARED_OUTPUT",
    message: `The stage kind "${kind}" does not declare this output`,
    expected: Object.keys(outputs).join(", "),
    got: name,
  });
}
