// [node]
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { Rng } from "../base/rng.ts";
import type { AnomalyData, AnomalyImage } from "../data/anomaly/anomaly-data.ts";
import { loadAnomalyData } from "../data/anomaly/loaders.ts";
import { evaluateAnomalies } from "../methods/anomaly-evaluation/evaluate.ts";
import { detectorScorer, exportDetector, type FittedDetector } from "../methods/patch-detection/detector.ts";
import type { FeatureHost } from "../methods/patch-detection/train-features.ts";
import type { FitOptions } from "../methods/patchcore/fit.ts";
import { readTower } from "../models/clip/tower-file.ts";
import type { DetectorStageParams } from "./detector-params.ts";
import type { StageContext } from "./stage.ts";

type Fit<Detector> = (options: FitOptions<Detector>, host: FeatureHost) => Promise<FittedDetector>;

/** Fits a detector to the good pictures, once or for each category, evaluates it, and leaves it as an ONNX file. */
export async function runDetector<Detector>(
  context: StageContext<DetectorStageParams<Detector>>,
  fit: Fit<Detector>,
): Promise<void> {
  const { params, signal, seed } = context;
  const tower = readTower(await readFile(context.inputs.tower!), "input tower");
  const data = await loadAnomalyData(params.data, signal);
  logData(data, context);
  const compute = { provider: params.device, threads: params.threads };
  const fitTo = (images: readonly AnomalyImage[], category: string | null) => {
    const name = category ?? "all categories";
    context.log("info", `Fitting to ${images.length} good pictures (${params.setting} setting, ${name})`);
    const rng = Rng.fromSeed(seed).stream(name);
    return fit({ tower, params: params.detector, images, category, rng, ...compute }, context);
  };

  let detector: FittedDetector | null = null;
  let scorer: ReturnType<typeof detectorScorer> | null = null;
  try {
    await evaluateAnomalies(
      {
        data,
        numSampleImages: params.numSampleImages,
        async scorerOf(category) {
          if (params.setting === "unified" && scorer !== null) return scorer;
          await scorer?.dispose();
          scorer = null;
          detector =
            params.setting === "unified"
              ? await fitTo(
                  data.categories.flatMap(({ train }) => train),
                  "all categories",
                )
              : await fitTo(data.categories.find(({ name }) => name === category)!.train, category);
          scorer = detectorScorer(detector, compute);
          return scorer;
        },
      },
      context,
    );
  } finally {
    await (scorer as ReturnType<typeof detectorScorer> | null)?.dispose();
  }
  const path = join(context.workDir, "model.onnx");
  // Every data set has a category, so a detector has been fitted.
  await writeFile(path, exportDetector(detector!));
  await context.artifact("model", path, { fileName: "model.onnx" });
}

export function logData({ categories, skipped }: AnomalyData, { log }: Pick<StageContext, "log">): void {
  for (const { name, train, test } of categories) {
    log("info", `${name}: ${train.length} good pictures to learn from, ${test.length} test pictures`);
  }
  if (skipped.length > 0) log("warn", `${skipped.length} faults in the data were skipped`);
  for (const { where, code, reason } of skipped) log("warn", `skipped ${where}: ${code}, ${reason}`);
}
