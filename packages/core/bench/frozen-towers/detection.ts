import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { Rng } from "../../src/base/rng.ts";
import { drawIndustrial } from "../../src/data/anomaly/industrial/draw.ts";
import { decodeImages, encodePng } from "../../src/data/images.ts";
import { readClipAda } from "../../src/methods/clip-ada/model-file.ts";
import { clipAdaScorer } from "../../src/methods/clip-ada/scorer.ts";
import { openDetectionModel } from "../../src/methods/detection/detection-model.ts";
import { clipAdaEvaluate } from "../../src/stages/clip-ada-evaluate/definition.ts";
import { runClipAdaEvaluate } from "../../src/stages/clip-ada-evaluate/run.ts";
import { testContext } from "../../src/stages/testing-context.ts";
import { median } from "../figures/figure.ts";
import { fileNames, type Part, processorSeconds, rounded } from "./part.ts";
import { clothData } from "./training.ts";

/** The stage clip-ada-evaluate, a picture at a time. */
export const evaluate: Part = async ({ architecture: { sizePx }, folder, threads }) => {
  const params = { data: clothData(sizePx), batchSize: 1, numSampleImages: 2, threads };
  const made = testContext(clipAdaEvaluate, { params, inputs: { model: join(folder, fileNames.model) } });
  const done: { at: number; used: number }[] = [];
  made.context.progress = () => void done.push({ at: performance.now() / 1000, used: processorSeconds() });
  await runClipAdaEvaluate(made.context);
  const last = made.evaluations.at(-1)!;
  const scores = made.evaluations.flatMap(({ samples }) => samples.map(({ detail }) => detail.anomalyScore as number));
  made.remove();
  const between = (clock: "at" | "used") =>
    rounded(median(done.slice(1).map((picture, before) => picture[clock] - done[before]![clock])));
  return {
    figures: [
      { name: "evaluation of one picture", value: between("at"), unit: "s" },
      { name: "evaluation of one picture: processor time", value: between("used"), unit: "s" },
    ],
    checks: [
      {
        what: "every picture has a score of its own",
        got: `${scores}`,
        holds: new Set(scores).size === 4 && scores.every(Number.isFinite),
      },
      {
        what: "the evaluation has its metrics",
        got: JSON.stringify(last.metrics),
        holds: last.condition === "full" && Object.values(last.metrics).every((value) => value >= 0 && value <= 1),
      },
    ],
  };
};

/** A picture through what `retort detect` opens, against the evaluation's scorer. */
export const detect: Part = async ({ architecture: { sizePx }, folder, threads }) => {
  const settings = { provider: "cpu", threads } as const;
  const path = join(folder, "picture.png");
  const { rgb } = drawIndustrial({ surface: "woven-fabric", defect: "stain", sizePx, rng: Rng.fromSeed(7) });
  await writeFile(path, await encodePng(rgb, sizePx, sizePx));
  const source = { kind: "file", path } as const;
  const bytes = await readFile(join(folder, fileNames.model));
  const openedAt = performance.now();
  const opened = await openDetectionModel(bytes, { where: "model", ...settings });
  const openSeconds = (performance.now() - openedAt) / 1000;
  await opened.detect(source);
  const detectedAt = performance.now();
  const found = await opened.detect(source);
  const seconds = (performance.now() - detectedAt) / 1000;
  await opened.dispose();
  const model = readClipAda(bytes, "model");
  const scorer = await clipAdaScorer(model, { detection: model.detection, batchSize: 1, ...settings });
  const scored = await scorer.score(await decodeImages([source], { sizePx }), 1, () =>
    Promise.reject(new Error("a picture was asked for once more")),
  );
  await scorer.dispose();
  const furthest = found.map.reduce((most, value, at) => Math.max(most, Math.abs(value - scored.maps[at]!)), 0);
  const { mapSize, map, score } = found;
  const spread = Math.max(...map) - Math.min(...map);
  return {
    figures: [
      { name: "opening the model for detection", value: rounded(openSeconds), unit: "s" },
      { name: "detection in one picture", value: rounded(seconds), unit: "s" },
    ],
    checks: [
      {
        what: "the map has the picture's size, and is no constant",
        got: `${mapSize.width} x ${mapSize.height}, ${map.length} values over ${spread.toFixed(3)}`,
        holds: mapSize.width === sizePx && mapSize.height === sizePx && map.length === sizePx ** 2 && spread > 0,
      },
      { what: "map and evaluation's map are equal to 1e-4", got: furthest.toExponential(1), holds: furthest < 1e-4 },
      {
        what: "so are the scores",
        got: `${score} and ${scored.scores[0]}`,
        holds: Math.abs(score - scored.scores[0]!) < 1e-4,
      },
    ],
  };
};
