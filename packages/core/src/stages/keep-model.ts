// [node]
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { sizeOf } from "@retort/engine";
import { answerGraph } from "../models/llava/generate-graphs.ts";
import { type LlavaModel, writeModel } from "../models/llava/model-file.ts";
import type { StageContext } from "./stage.ts";

/** Stores the model as the stage's artifact "model". */
export async function keepModel(model: LlavaModel, numPromptTokens: number, context: StageContext): Promise<void> {
  const path = join(context.workDir, "model.onnx");
  await writeFile(path, writeModel(model, answerGraph(model.config, numPromptTokens)));
  const numParameters = [...model.weights.values()].reduce((sum, { shape }) => sum + sizeOf(shape), 0);
  await context.artifact("model", path, { fileName: "model.onnx", numParameters });
}
