// npx tsx docs/results/llava-kd/tables.ts: runs.csv and stages.csv -> the tables of ../llava-kd.md, between its marks.
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pairedTInterval } from "../../../packages/core/src/metrics/stats/paired.ts";
import { summarize } from "../../../packages/core/src/metrics/stats/summary.ts";
import { llavaKdPublished } from "../../../packages/core/src/recipes/llava/published.ts";
import { readRuns, readStages, readSweeps } from "./measured.ts";
import { pointsOf as askedPointsOf } from "./sweeps.ts";

const runs = readRuns();
const page = join(import.meta.dirname, "../llava-kd.md");

/** Seed -> accuracy in percent. */
type Scores = ReadonlyMap<number, number>;

const scoresOf = (sweep: string, point: string, condition = "full"): Scores =>
  new Map(
    runs
      .filter((run) => run.sweep === sweep && run.point === point && run.scores[condition] !== undefined)
      .map(({ seed, scores }) => [seed, 100 * scores[condition]!]),
  );
const pointsOf = (sweep: string) => [...new Set(runs.filter((run) => run.sweep === sweep).map(({ point }) => point))];

function meanOf(scores: Scores): string {
  const values = [...scores.values()];
  if (values.length === 0) return "-";
  if (values.length === 1) return `${values[0]!.toFixed(1)} (1)`;
  const { mean, std } = summarize(values);
  return `${mean.toFixed(1)} ± ${std.toFixed(1)} (${values.length})`;
}

/** Paired over the seeds that both have. */
function difference(scores: Scores, baseline: Scores): string {
  const seeds = [...scores.keys()].filter((seed) => baseline.has(seed));
  if (seeds.length < 2 || scores === baseline) return "-";
  const pairs = { a: seeds.map((seed) => scores.get(seed)!), b: seeds.map((seed) => baseline.get(seed)!) };
  const { meanDifference, low, high } = pairedTInterval(pairs);
  const positive = seeds.filter((seed) => scores.get(seed)! > baseline.get(seed)!).length;
  return `${signed(meanDifference)} [${signed(low)}, ${signed(high)}], ${positive}/${seeds.length}`;
}

const signed = (value: number) => `${value < 0 ? "−" : "+"}${Math.abs(value).toFixed(1)}`;
const table = (head: readonly string[], rows: readonly (readonly string[])[]) =>
  [head, head.map(() => "---"), ...rows].map((row) => `| ${row.join(" | ")} |`).join("\n");

const sizes = [200, 400, 1500];
const order = ["PT-SFT", "PT-SFT-SFT", "DPT-SFT", "PT-DFT", "DPT-DFT", "PT-SFT-DFT", "DPT-SFT-DFT", "PT-DFT-DFT"];
/** The rows of cifar-long-dft.yaml by number of photographs. */
const longPoints: Record<number, string> = { 200: "none", 400: "full", 1500: "photographs=1500" };
const baselineOf = (size: number) => scoresOf(`cifar-${size}`, "scheme PT-SFT-SFT");

const longOf = (size: number) => scoresOf("cifar-long-dft", longPoints[size]!);

/** Of a set of scenes: its teachers, the schemes, and the last stage without the relation term and with it alone where that was run. */
function sceneTable(set: "scenes" | "scenes-8000" | "scenes-64-tokens"): string {
  const paper = scoresOf(set, "scheme PT-SFT-DFT");
  const baseline = scoresOf(set, "scheme PT-SFT-SFT");
  const against = (scores: Scores) => [
    meanOf(scores),
    ...[baseline, paper].map((other) => (other === scores ? "-" : difference(scores, other))),
  ];
  const schemes = order.map((scheme): [string, Scores] => {
    const isKnown = { "PT-SFT-SFT": baseline, "PT-SFT-DFT": paper }[scheme];
    return [scheme, isKnown ?? scoresOf(set, `scheme ${scheme}`)];
  });
  const relation = [
    ["PT-SFT-DFT without the relation term", "none"],
    ["PT-SFT-DFT, the relation term alone", "relation=relation alone"],
  ].map(([label, point]): [string, Scores] => [label!, scoresOf(`${set}-relation`, point!)]);
  return table(
    [set, "accuracy", "against PT-SFT-SFT", "against PT-SFT-DFT"],
    [
      ...pointsOf(`${set}-teacher`).map((point) => [
        "teachers",
        meanOf(scoresOf(`${set}-teacher`, point)),
        ...["-", "-"],
      ]),
      ...[...schemes, ...relation]
        .filter(([, scores]) => scores.size > 0)
        .map(([label, scores]) => [label, ...against(scores)]),
    ],
  );
}

const tables: Record<string, string> = {
  schemes: table(
    ["scheme", ...sizes.flatMap((size) => [`${size} photographs`, "against PT-SFT-SFT"])],
    [
      ...order.map((scheme) => [
        scheme,
        ...sizes.flatMap((size) => {
          const scores = scoresOf(`cifar-${size}`, `scheme ${scheme}`);
          return [meanOf(scores), scheme === "PT-SFT-SFT" ? "-" : difference(scores, baselineOf(size))];
        }),
      ]),
      ["PT-DFT, one stage of twice the steps", ...sizes.flatMap((size) => row(longOf(size), size))],
    ],
  ),
  teachers: table(
    ["PT-SFT-DFT taught by", "200 photographs", "against PT-SFT-SFT", "400 photographs", "against PT-SFT-SFT"],
    [
      ["teacher 1", ...[200, 400].flatMap((size) => row(scoresOf(`cifar-${size}`, "scheme PT-SFT-DFT"), size))],
      [
        "teacher 2",
        ...[
          ["numImages 200, numSteps 150", 200],
          ["numImages 400, numSteps 200", 400],
        ].flatMap(([point, size]) => row(scoresOf("cifar-second-teacher", point as string), size as number)),
      ],
    ],
  ),
  teacher: table(
    ["teacher", "accuracy", "pictures blanked"],
    [0, 1].map((seed) => {
      const at = (condition: string) => scoresOf("teacher", "as given", condition).get(seed)?.toFixed(1) ?? "-";
      return [`${seed + 1}`, at("full"), at("image-blanked")];
    }),
  ),
  others: table(
    ["sweep (400 photographs)", "point", "accuracy", "against PT-SFT-SFT", "against PT-SFT-DFT as in the paper"],
    [
      "control-smoothing",
      "control-own-photos",
      "targets",
      "divergences",
      "temperatures",
      "weights",
      "teacher-outputs",
    ].flatMap((sweep) =>
      pointsOf(sweep).map((point) => {
        const scores = scoresOf(sweep, point);
        const paper = scoresOf("cifar-400", "scheme PT-SFT-DFT");
        return [sweep, point, meanOf(scores), difference(scores, baselineOf(400)), difference(scores, paper)];
      }),
    ),
  ),
  scenes: sceneTable("scenes"),
  "scenes-8000": sceneTable("scenes-8000"),
  "scenes-64-tokens": sceneTable("scenes-64-tokens"),
  easy: table(
    ["easy-VQA, 0.75 million parameters", "accuracy"],
    order.flatMap((scheme) => {
      const scores = scoresOf("easy-vqa-stages", `scheme ${scheme}`);
      return scores.size === 0 ? [] : [[scheme, meanOf(scores)]];
    }),
  ),
  stages: table(
    ["stage", "executed", "median seconds"],
    readStages().map(({ kind, count, medianSeconds }) => [kind, `${count}`, `${medianSeconds}`]),
  ),
  shared: table(
    [
      "sweep",
      "runs finished in its last launch",
      "stages of its runs",
      "different",
      "of them asked for earlier",
      "device time",
      "saved by sharing",
    ],
    readSweeps().map((sweep) => {
      const numAll = askedPointsOf(sweep.name).reduce((sum, { seeds }) => sum + seeds.length, 0);
      const minutes = (seconds: number) => (sweep.numRuns < numAll ? "-" : `${(seconds / 60).toFixed(0)} min`);
      return [
        ...[sweep.name, `${sweep.numRuns} of ${numAll}`],
        ...[sweep.numAsked, sweep.numUnique, sweep.numReused].map(String),
        ...[minutes(sweep.deviceSeconds), minutes(sweep.savedSeconds)],
      ];
    }),
  ),
  published: table(
    ["published (not comparable: other data, models a thousand times larger)", "Avg10", "source"],
    llavaKdPublished
      .filter(({ metric }) => metric === "avg10")
      .map(({ label, value, source }) => [label, (100 * value).toFixed(1), source]),
  ),
};

function row(scores: Scores, size: number): string[] {
  return [meanOf(scores), difference(scores, baselineOf(size))];
}

let text = readFileSync(page, "utf8");
for (const [name, content] of Object.entries(tables)) {
  const mark = new RegExp(`(<!-- ${name} -->\n)[\\s\\S]*?(<!-- end -->)`);
  if (!mark.test(text)) throw new Error(`${page} has no mark <!-- ${name} -->`);
  text = text.replace(mark, (_, begin: string, end: string) => `${begin}\n${content}\n\n${end}`);
}
writeFileSync(page, text);
