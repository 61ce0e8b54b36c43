import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { parse } from "csv-parse/sync";
import sharp from "sharp";
import { afterAll, beforeAll, expect, inject, it } from "vitest";
import { startTestCli, type TestCli } from "../testing.ts";

let cli: TestCli;
beforeAll(async () => {
  cli = await startTestCli(inject("postgresUrl"), { worker: true });
});
afterAll(() => cli.close());

const source = { kind: "industrial", categories: ["woven-fabric"], imageSizePx: 64, numTrainImages: 6 };
/** CLIP-ADA from end to end in the smallest size in which all of it takes part. */
const settings = {
  "data.sources": [{ ...source, numTestGood: 2, numTestAnomalous: 2 }],
  clip: {
    source: "pretrain",
    pretrain: {
      captions: [{ kind: "industrial", surfaces: ["granite", "bolt"], numImages: 2, imageSizePx: 32 }],
      size: "tiny",
      sizePx: 32,
      training: { numSteps: 10, batchSize: 4 },
    },
  },
  "window.cropPx": 32,
  "training.numSteps": 10,
  "training.batchSize": 4,
  "detection.sizePx": 64,
  "detection.refinement": { regionPx: 32, numRegions: 2 },
  "validation.numImages": 4,
  threads: 1,
};

it("finds anomalies with a trained model, given as a run, as an artifact and as an exported file", async () => {
  const set = Object.entries(settings).flatMap(([name, value]) => ["--set", `${name}=${JSON.stringify(value)}`]);
  const launched = await cli.start(["launch", "clip-ada", ...set, "--name", "fabric", "--watch"]);
  expect([launched.code, launched.stdout]).toEqual([0, expect.stringMatching(/fabric +0 +succeeded/)]);

  const exported = join(cli.dir, "exported");
  expect(await cli.start(["export", "fabric", "--out", exported])).toMatchObject({ code: 0 });
  const { id: runId } = (await cli.api.retort.runs.list.query({})).runs[0]!;
  const artifacts = await cli.api.retort.artifacts.list.query({ runId });
  const model = artifacts.find(({ name }) => name === "model")!;

  // One grey square and one wider than high, with a dark stain.
  const pictures = join(cli.dir, "pictures");
  await mkdir(pictures);
  const plain = sharp({ create: { width: 64, height: 64, channels: 3, background: "#999" } });
  await writeFile(join(pictures, "plain.png"), await plain.png().toBuffer());
  const stain = { create: { width: 20, height: 20, channels: 3 as const, background: "#111" } };
  await sharp({ create: { width: 120, height: 60, channels: 3, background: "#999" } })
    .composite([{ input: await sharp(stain).png().toBuffer(), left: 80, top: 20 }])
    .toFile(join(pictures, "stained.png"));

  const references = ["fabric", model.id, join(exported, "artifacts", "train", model.fileName)];
  const tables = [];
  for (const [index, reference] of references.entries()) {
    const out = join(cli.dir, `found-${index}`);
    const { code, stdout, stderr } = await cli.start(["detect", pictures, "--model", reference, "--out", out]);
    expect([code, stdout, stderr]).toEqual([0, `${join(out, "scores.csv")}\n`, "2 of 2 pictures\n"]);
    const text = await readFile(join(out, "scores.csv"), "utf8");
    tables.push(text);
    for (const { file, score, width, height, heat_map } of parse(text, { columns: true }) as Record<string, string>[]) {
      expect(Number.isFinite(Number(score))).toBe(true);
      expect([width, height]).toEqual(file === "plain.png" ? ["64", "64"] : ["120", "60"]);
      expect((await sharp(join(out, heat_map!)).metadata()).height).toBe(Number(height));
    }
  }
  expect(tables[1]).toBe(tables[0]);
  expect(tables[2]).toBe(tables[0]);

  const tower = artifacts.find(({ name }) => name === "tower")!;
  const refused = await cli.start(["detect", pictures, "--model", tower.id, "--out", join(cli.dir, "never")]);
  expect([refused.code, refused.stderr]).toEqual([1, expect.stringContaining("is no detector")]);
}, 600_000);
