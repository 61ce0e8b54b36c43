import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { StageContext } from "../stage.ts";
import type { DiagnosticParams } from "./definition.ts";
import { type DigestChain, nextOfChain, startOfChain } from "./digest.ts";
import { failing } from "./failing.ts";
import { evaluateLandscape, heightAt } from "./landscape.ts";
import { type DiagnosticReport, diagnosticCheckpoint } from "./report.ts";

/** Runs a diagnostic [node]. */
export async function runDiagnostic(context: StageContext<DiagnosticParams>): Promise<void> {
  const { params, seed, workDir } = context;
  const from = await resume(context);
  let chain: DigestChain = from;
  // What was climbed under other coordinates, before a fork, stays climbed.
  let climbed = from.climbed;
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
    if (params.landscape !== null) {
      climbed += heightAt(params.landscape) / params.steps;
      context.metric("score", chain.step, climbed);
      const evaluateAt = params.landscape.evaluateAtStep || params.steps;
      if (chain.step === evaluateAt) await context.evaluation(evaluateLandscape(params.landscape));
    }
    context.metric("stepMs", chain.step, performance.now() - startedAt);
    context.progress(chain.step, params.steps, "steps");
    if (params.checkpointEvery > 0 && chain.step % params.checkpointEvery === 0) {
      const path = join(workDir, `checkpoint-${chain.step}.json`);
      await writeFile(path, JSON.stringify({ ...chain, climbed }));
      await context.saveCheckpoint(chain.step, path);
    }
  }

  const path = join(workDir, "report.json");
  const report: DiagnosticReport = { steps: chain.step, seed, digest: chain.digest };
  await writeFile(path, JSON.stringify(report));
  await context.artifact("report", path, { steps: chain.step });
}

async function resume({ checkpoint }: StageContext<DiagnosticParams>): Promise<DigestChain & { climbed: number }> {
  if (checkpoint === null) return { ...startOfChain, climbed: 0 };
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
