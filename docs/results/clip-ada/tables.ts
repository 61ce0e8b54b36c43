// npx tsx docs/results/clip-ada/tables.ts: what the running server has measured of detectors, a row a configuration, as the tables of
// ../clip-ada.md have it: image AUROC / pixel AP, mean and standard deviation over seeds.
import { summarize } from "../../../packages/core/src/metrics/stats/summary.ts";
import { connect } from "../server.ts";

interface Row {
  label: string;
  seeds: Set<number>;
  /** Category -> metric -> seed -> value: a run that was done again counts once. */
  values: Map<string, Map<string, Map<number, number>>>;
}

const recipes = ["clip-ada", "padim", "patchcore", "memory-bank", "zero-shot"];
const metrics = ["imageAuroc", "pixelAp"];
const retort = connect();
/** By configuration, stage and condition. */
const rows = new Map<string, Row>();

for (const recipe of recipes) {
  let cursor: string | null = null;
  do {
    const page: Awaited<ReturnType<typeof retort.runs.list.query>> = await retort.runs.list.query({ recipe, cursor });
    for (const { id } of page.runs) await collect(id);
    cursor = page.nextCursor;
  } while (cursor !== null);
}

async function collect(runId: string): Promise<void> {
  const { recipe, configKey, params, seed, evaluations } = await retort.runs.get.query({ runId });
  for (const { stageName, dataset, condition, metrics: measured } of evaluations) {
    const label = [recipe, ...settingsOf(params), stageName, ...(condition === "full" ? [] : [condition])].join(", ");
    const key = [configKey, stageName, condition].join(" ");
    const row = rows.get(key) ?? { label, seeds: new Set(), values: new Map() };
    rows.set(key, row);
    row.seeds.add(seed);
    const category = row.values.get(dataset) ?? new Map<string, Map<number, number>>();
    row.values.set(dataset, category);
    for (const name of metrics) {
      if (measured[name] !== undefined) category.set(name, new Map(category.get(name)).set(seed, measured[name]));
    }
  }
}

/** What tells configurations of one recipe apart in these tables. */
function settingsOf(params: Record<string, unknown>): string[] {
  const paths = [
    "data.few.percent",
    "method.regime",
    "method.prompt.learned",
    "synthesis.kinds",
    "tower",
    "training.numSteps",
  ];
  return paths.flatMap((path) => {
    const value = path
      .split(".")
      .reduce<unknown>((at, key) => (typeof at === "object" && at !== null ? Reflect.get(at, key) : undefined), params);
    return value === undefined ? [] : [`${path.split(".").at(-1)} ${value}`];
  });
}

function cell(bySeed: ReadonlyMap<number, number> | undefined): string {
  const values = [...(bySeed?.values() ?? [])];
  if (values.length === 0) return "–";
  if (values.length === 1) return values[0]!.toFixed(3);
  const { mean, std } = summarize(values);
  return `${mean.toFixed(3)} ± ${std.toFixed(3)}`;
}

const categories = [...new Set([...rows.values()].flatMap(({ values }) => [...values.keys()]))].sort();
const inOrder = [...rows.values()].sort((a, b) => a.label.localeCompare(b.label));
const lines = inOrder.map(({ label, seeds, values }) => [
  label,
  [...seeds].sort().join(" "),
  ...categories.map((category) => metrics.map((name) => cell(values.get(category)?.get(name))).join(" / ")),
]);
const head = ["configuration, stage", "seeds", ...categories];
for (const line of [head, head.map(() => "---"), ...lines]) console.log(`| ${line.join(" | ")} |`);
