// [node]
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { BenchmarkReference } from "../../data/benchmarks/definitions.ts";
import { loadBenchmark } from "../../data/benchmarks/loaders.ts";
import type { BenchmarkName, BenchmarkQuestion } from "../../data/benchmarks/question.ts";
import type { SkippedRecord } from "../../data/dataset.ts";
import { decodeImages, encodePng } from "../../data/images.ts";
import { averages, benchmarkScorers } from "../../metrics/benchmarks/index.ts";
import type { BenchmarkScorer, Checkable } from "../../metrics/benchmarks/scorer.ts";
import { type LlavaModel, readModel } from "../../models/llava/model-file.ts";
import { pictureOptions } from "../../models/llava/picture.ts";
import type { EvaluationSample, StageContext } from "../stage.ts";
import { answerLines } from "./answer-lines.ts";
import { type Asked, askAll } from "./ask.ts";
import type { BenchmarkEvaluateParams } from "./definition.ts";

type Context = StageContext<BenchmarkEvaluateParams>;

export async function runBenchmarkEvaluate(context: Context): Promise<void> {
  const model = readModel(await readFile(context.inputs.model!), "input model");
  const scores = new Map<BenchmarkName, number>();
  const answers: string[] = [];
  for (const reference of context.params.benchmarks as BenchmarkReference[]) {
    const { benchmark: name, params } = reference;
    const loaded = await loadBenchmark(name, params);
    const { limit } = context.params;
    const questions = limit === 0 ? loaded.questions : loaded.questions.slice(0, limit);
    context.log("info", `${name}: ${questions.length} questions`);
    reportMissingTasks(name, questions, context);
    const { asked, skipped } = await askAll(questions, { model, context, onBadRecord: params.onBadRecord });
    reportSkipped(name, [...loaded.skipped, ...skipped], context);
    // A task may have lost all of its questions with their pictures.
    if (asked.length < questions.length) {
      reportMissingTasks(
        name,
        asked.map(({ question }) => question),
        context,
      );
    }
    answers.push(answerLines(name, asked));
    const score = await evaluate(name, asked, { model, context });
    if (score !== null) scores.set(name, score);
    await submit(name, asked, context);
  }
  const path = join(context.workDir, "answers.jsonl");
  await writeFile(path, answers.join(""));
  await context.artifact("answers", path, { fileName: "answers.jsonl" });
  await evaluateAverages(scores, context);
}

function reportSkipped(name: BenchmarkName, skipped: readonly SkippedRecord[], { log }: Context): void {
  if (skipped.length > 0) log("warn", `${name}: ${skipped.length} questions were skipped`);
  for (const { where, code, reason } of skipped) log("warn", `${name}: skipped ${where}: ${code}, ${reason}`);
}

/** Said before the questions are asked: whoever did not mean a part of the benchmark need not wait for its answers. */
function reportMissingTasks(name: BenchmarkName, questions: readonly BenchmarkQuestion[], { log }: Context): void {
  const missing = benchmarkScorers[name].missingTasks?.(questions) ?? [];
  if (missing.length === 0) return;
  log("warn", `${name}: no question of the tasks ${missing.join(", ")}; scores that sum them up are left out`);
}

interface Evaluating {
  model: LlavaModel;
  context: Context;
}

/** The table's score, or null when the file does not tell the answers or lacks tasks. */
async function evaluate(
  name: BenchmarkName,
  asked: readonly Asked[],
  { model, context }: Evaluating,
): Promise<number | null> {
  const { seed, params } = context;
  // The table pairs each scorer with the truths of its own loader; the index by a union of names loses that.
  const scorer = benchmarkScorers[name] as BenchmarkScorer<unknown>;
  const checkable = asked.flatMap(({ question, answer }): Checkable<unknown>[] =>
    question.truth === null ? [] : [{ question, answer, truth: question.truth }],
  );
  if (checkable.length === 0) {
    context.log(
      "info",
      `${name}: the files hold no answers, so there is no score${scorer.submission ? ", only the submission file" : ""}`,
    );
    return null;
  }
  const numUnscored = asked.length - checkable.length;
  if (numUnscored > 0) {
    const some = `${numUnscored} of ${asked.length} questions have no answer in the files and do not count in the score`;
    context.log("warn", `${name}: ${some}`);
  }
  const metrics = scorer.metrics(checkable, seed);
  const samples = checkable.map((each): EvaluationSample => {
    const { question, answer, truth } = each;
    const { score, read } = scorer.score(each, seed);
    const expected = truthText(truth);
    const detail = { question: question.question, expected, given: answer, read, category: question.category };
    return { sampleId: question.questionId, clusterId: question.clusterId, score, detail };
  });
  await addPictures(samples, checkable, { model, count: params.numSampleImages });
  await context.evaluation({
    dataset: name,
    split: "test",
    condition: "full",
    metrics: {
      ...metrics,
      ...(metrics.score !== undefined && { benchmarkScore: metrics.score }),
      ...(numUnscored > 0 && { numUnscored }),
    },
    samples,
  });
  return metrics.score ?? null;
}

function truthText(truth: unknown): string {
  const { answers, answer, label } = truth as { answers?: readonly string[]; answer?: string | number; label?: string };
  return String(answers?.join(" / ") ?? answer ?? label);
}

async function submit(name: BenchmarkName, asked: readonly Asked[], context: Context): Promise<void> {
  const scorer = benchmarkScorers[name] as BenchmarkScorer<unknown>;
  if (scorer.submission === null || asked.length === 0) return;
  const { fileName, contents } = scorer.submission(asked, context.seed);
  const path = join(context.workDir, `${name}-${fileName}`);
  await writeFile(path, contents);
  await context.artifact(`submission-${name}`, path, {
    fileName: `${name}${fileName.slice(fileName.lastIndexOf("."))}`,
  });
}

/** Avg7 and Avg10, each where all of its benchmarks have a score. */
async function evaluateAverages(scores: ReadonlyMap<BenchmarkName, number>, context: Context): Promise<void> {
  const metrics: Record<string, number> = {};
  for (const [name, parts] of Object.entries(averages)) {
    const missing = parts.filter((part) => !scores.has(part));
    if (missing.length > 0) context.log("info", `${name} needs ${missing.join(", ")} too`);
    else metrics[name] = parts.reduce((sum, part) => sum + scores.get(part)!, 0) / parts.length;
  }
  if (Object.keys(metrics).length === 0) return;
  const samples = [...scores].map(([name, score]) => ({
    sampleId: name,
    clusterId: name,
    score,
    detail: { benchmark: name },
  }));
  await context.evaluation({ dataset: "benchmarks", split: "test", condition: "full", metrics, samples });
}

/** Attaches its first picture to the first sample of each of the first `count` clusters that has one. */
async function addPictures(
  samples: EvaluationSample[],
  asked: readonly Checkable<unknown>[],
  { model, count }: { model: LlavaModel; count: number },
): Promise<void> {
  const seen = new Set<string>();
  const { imageSizePx: sizePx } = model.config;
  for (const [i, { question }] of asked.entries()) {
    const source = question.images[0];
    if (seen.size >= count) return;
    if (source === undefined || seen.has(question.clusterId)) continue;
    seen.add(question.clusterId);
    const rgb = await decodeImages([source], { sizePx, picture: pictureOptions(model.config) });
    samples[i]!.imagePng = await encodePng(rgb, sizePx, sizePx);
  }
}
