import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { StageContext } from "../stage.ts";
import type { DiagnosticParams } from "./definition.ts";
import { type DigestChain, nextOfChain, startOfChain } from "./digest.ts";
import { failing } from "./failing.ts";
import { type DiagnosticReport, diagnosticCheckpoint } from "./report.ts";

/** Runs a diagnostic [node]. */
export async function runDiagnostic(context: StageContext<DiagnosticParams>): Promise<void> {
  const { params, seed, workDir } = context;
  let chain = await resume(context);
  const ballast = Buffer.alloc(params.allocateMb * 2 ** 20, 1);
  context.log("info", `Diagnostic from step ${chain.step} of ${params.steps}, ${ballast.length / 2 ** 20} MiB held`);
  for (let line = 1; line <= params.printLines; line++) process.stdout.write(`Line ${line} of ${params.printLines}\n`);
  const mayFail = params.failWhen === "always" || context.checkpoint === null;

  while (chain.step < params.steps) {
    if (mayFail && chain.step === params.failAtStep) await failing[params.failure](context, chain.step);
    const startedAt = performance.now();
    await pass(params, context.signal);
    chain = nextOfChain(chain, seed);
    context.metric("loss", chain.step, 1 / chain.step);
    context.metric("stepMs", chain.step, performance.now() - startedAt);
    context.progress(chain.step, params.steps, "steps");
    if (params.checkpointEvery > 0 && chain.step % params.checkpointEvery === 0) {
      const path = join(workDir, `checkpoint-${chain.step}.json`);
      await writeFile(path, JSON.stringify(chain));
      await context.saveCheckpoint(chain.step, path);
    }
  }

  const path = join(workDir, "report.json");
  const report: DiagnosticReport = { steps: chain.step, seed, digest: chain.digest };
  await writeFile(path, JSON.stringify(report));
  await context.artifact("report", path, { steps: chain.step });
}

async function resume({ checkpoint }: StageContext<DiagnosticParams>): Promise<DigestChain> {
  if (checkpoint === null) return startOfChain;
  return diagnosticCheckpoint.parse(JSON.parse(await readFile(checkpoint.path, "utf8")));
}

async function pass({ stepMs, load }: DiagnosticParams, signal: AbortSignal): Promise<void> {
  signal.throwIfAborted();
  const until = performance.now() + stepMs;
  if (load === "idle") return sleep(stepMs, undefined, { signal });
  while (performance.now() < until) {
    for (let i = 0; i < 10_000; i++) Math.sqrt(i);
    // Messages and signals get their turn, as between the steps of a training.
    await sleep(0);
    signal.throwIfAborted();
  }
}
