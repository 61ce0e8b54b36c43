// [node]
import { readFile } from "node:fs/promises";
import { loadAnomalyData } from "../../data/anomaly/loaders.ts";
import { evaluateAnomalies } from "../../methods/anomaly-evaluation/evaluate.ts";
import type { DetectionParams } from "../../methods/clip-ada/detection.ts";
import { readClipAda } from "../../methods/clip-ada/model-file.ts";
import { clipAdaScorer } from "../../methods/clip-ada/scorer.ts";
import type { StageContext } from "../stage.ts";
import type { ClipAdaEvaluateParams } from "./definition.ts";

const OBJECT_SHARES = { none: 0, all: 1 };

export async function runClipAdaEvaluate(context: StageContext<ClipAdaEvaluateParams>): Promise<void> {
  const { params, signal } = context;
  const model = readClipAda(await readFile(context.inputs.model!), "input model");
  const data = await loadAnomalyData(params.data, signal);
  for (const { where, code, reason } of data.skipped) context.log("warn", `skipped ${where}: ${code}, ${reason}`);
  const detection = applied(model.detection, params);
  context.log("info", `regime ${model.params.regime}, applied as ${JSON.stringify(detection)}`);
  const { batchSize, device: provider, threads } = params;
  const scorer = await clipAdaScorer(model, { detection, batchSize, provider, threads });
  const windows = new Map<string, number>();
  let current: string | null = null;
  const count = () => {
    const taken = scorer.takeNumWindows();
    if (current !== null) windows.set(current, taken);
  };
  try {
    const scorerOf = async (category: string) => {
      count();
      current = category;
      return scorer;
    };
    await evaluateAnomalies({ data, scorerOf, numSampleImages: params.numSampleImages }, context);
    count();
    for (const { name, test } of data.categories) {
      context.log("info", `${name}: ${windows.get(name)} windows encoded besides ${test.length} images`);
    }
  } finally {
    await scorer.dispose();
  }
}

function applied(chosen: DetectionParams, params: ClipAdaEvaluateParams): DetectionParams {
  const { refinement, windowPx, smoothingPx } = params;
  const maxObjectShare = refinement === "chosen" ? chosen.refinement.maxObjectShare : OBJECT_SHARES[refinement];
  return {
    ...chosen,
    windowPx: windowPx ?? chosen.windowPx,
    smoothingPx: smoothingPx ?? chosen.smoothingPx,
    refinement: { ...chosen.refinement, maxObjectShare },
  };
}
