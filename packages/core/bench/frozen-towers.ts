// npm run bench -- frozen-towers [--json] [--threads 2] [--architectures vit-b-16@224,vit-b-16@336,vit-l-14@336]: the frozen regime from
// a hub's ONNX files to a detected picture, at the published sizes with random weights. Ends with 1 when something does not hold.
import { fork } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { report } from "./figures/figure.ts";
import { type Architecture, type Job, mebibytes, rounded } from "./frozen-towers/part.ts";
import type { PartName, Told } from "./frozen-towers/process.ts";

const architectures: Readonly<Record<string, Architecture>> = {
  "vit-b-16@224": { tower: "vit-b-16", sizePx: 224, layers: [3, 6, 9, 12] },
  // No such weights are published: the positions of 224 px are interpolated.
  "vit-b-16@336": { tower: "vit-b-16", sizePx: 336, layers: [3, 6, 9, 12] },
  "vit-l-14@336": { tower: "vit-l-14-336", sizePx: 336, layers: [6, 12, 18, 24] },
};

const titles: Record<PartName, string> = {
  hub: "files as a hub has them",
  towers: "import",
  embeddings: "imported towers against the files",
  train: "training, 20 steps",
  weights: "what has learnt",
  gradient: "gradient against the loss",
  evaluate: "evaluation of 4 pictures",
  detect: "detection against the evaluation",
};

const { values } = parseArgs({
  options: {
    architectures: { type: "string", default: Object.keys(architectures).join(",") },
    threads: { type: "string", default: "1" },
    json: { type: "boolean" },
  },
});

async function run(part: PartName, job: Job): Promise<Told> {
  const child = fork(new URL("frozen-towers/process.ts", import.meta.url), { execArgv: ["--import", "tsx"] });
  child.send({ part, job });
  const told = once(child, "message");
  const ended = once(child, "exit").then(([code, signal]) => {
    throw new Error(`The process of "${titles[part]}" ended before it told anything: ${signal ?? `exit code ${code}`}`);
  });
  const [message] = await Promise.race([told, ended]);
  await ended.catch(() => undefined);
  return message as Told;
}

/** @returns how many checks do not hold */
async function examine(name: string, architecture: Architecture): Promise<number> {
  const folder = mkdtempSync(join(tmpdir(), "retort-frozen-"));
  const job = { architecture, folder, threads: Number(values.threads) };
  let failures = 0;
  try {
    for (const part of Object.keys(titles) as PartName[]) {
      const { figures, checks, seconds, processorSeconds, peakBytes } = await run(part, job);
      const title = `${name}, ${titles[part]}`;
      report({ name: title, value: rounded(seconds), unit: "s" });
      report({ name: `${title}: processor time`, value: rounded(processorSeconds), unit: "s" });
      report({ name: `${title}: peak memory`, value: mebibytes(peakBytes), unit: "MiB" });
      for (const figure of figures) report({ ...figure, name: `${name}, ${figure.name}` });
      for (const { what, got, holds } of checks) {
        if (!holds) failures++;
        console.error(`  ${holds ? "holds" : "FAILS"}: ${what} (${got})`);
      }
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
  return failures;
}

let failures = 0;
for (const name of values.architectures.split(",")) {
  const architecture = architectures[name];
  if (architecture === undefined) {
    console.error(`There is no architecture "${name}": expected some of ${Object.keys(architectures).join(", ")}`);
    process.exit(2);
  }
  failures += await examine(name, architecture);
}
if (failures > 0) console.error(`${failures} of the checks above do not hold`);
process.exitCode = failures > 0 ? 1 : 0;
