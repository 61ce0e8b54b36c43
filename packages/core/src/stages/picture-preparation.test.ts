import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import sharp from "sharp";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { decodeImages, type PictureOptions } from "../data/images.ts";
import { WordTokenizer } from "../data/tokenizers/word.ts";
import { assemble } from "../models/import/assemble.ts";
import { ImageFeatures, requireSameEncoder } from "../models/llava/features-file.ts";
import { answerGraph } from "../models/llava/generate-graphs.ts";
import { type LlavaModel, writeModel } from "../models/llava/model-file.ts";
import { pictureOptions } from "../models/llava/picture.ts";
import { decoderPresets, visionPresets } from "../models/llava/presets.ts";
import { createBatchProducer, type VqaBatchOptions } from "../train/vqa-batches.ts";
import { testContext } from "./testing-context.ts";
import { visionFeatures } from "./vision-features/definition.ts";
import { runVisionFeatures } from "./vision-features/run.ts";
import { vlmEvaluate } from "./vlm-evaluate/definition.ts";
import { runVlmEvaluate } from "./vlm-evaluate/run.ts";

const folder = mkdtempSync(join(tmpdir(), "retort-pictures-"));
afterAll(() => rmSync(folder, { recursive: true }));

const tokenizer = WordTokenizer.fromTexts(["is there a red shape ? yes no"]);

function modelOf(fit: PictureOptions["fit"]): LlavaModel {
  const config = {
    ...visionPresets["clip-tiny"],
    picture: { fit, kernel: "cubic" as const },
    projector: { mergeSide: 1 },
    decoder: decoderPresets["qwen-tiny"].decoder,
    vocabularySize: tokenizer.vocabularySize,
  };
  return assemble({ config, tokenizer, weights: new Map(), random: ["vision", "projector", "decoder"], seed: 5 });
}

const padding = modelOf("pad");
const sizePx = padding.config.imageSizePx;

/** One picture in easy-VQA's layout. */
function dataOf(name: string, png: Uint8Array) {
  for (const split of ["train", "test"]) {
    mkdirSync(join(folder, name, split, "images"), { recursive: true });
    writeFileSync(join(folder, name, split, "images", "0.png"), png);
    writeFileSync(join(folder, name, split, "questions.json"), JSON.stringify([["is there a red shape?", "yes", 0]]));
  }
  return { adapter: "easy-vqa", params: { path: join(folder, name) } };
}

async function featuresOf(model: LlavaModel, data: object): Promise<ImageFeatures> {
  const path = join(folder, "model.onnx");
  writeFileSync(path, writeModel(model, answerGraph(model.config, 8)));
  const params = { data, merge: model.config.projector };
  const run = testContext(visionFeatures, { params, inputs: { encoder: path } });
  try {
    await runVisionFeatures(run.context);
    return await ImageFeatures.read(run.artifacts.get("features")!.path, "test");
  } finally {
    run.remove();
  }
}

describe("a picture of another shape", { timeout: 120_000 }, () => {
  let wide: ReturnType<typeof dataOf>;
  /** The wide picture as the model's own preprocessing makes it, and stretched. */
  let padded: Uint8Array;
  let stretched: Uint8Array;
  let alreadyPadded: ReturnType<typeof dataOf>;
  beforeAll(async () => {
    const left = { create: { width: 30, height: 20, channels: 3 as const, background: "#f00" } };
    const png = await sharp({ create: { width: 60, height: 20, channels: 3, background: "#00f" } })
      .composite([{ input: await sharp(left).png().toBuffer(), left: 0, top: 0 }])
      .png()
      .toBuffer();
    wide = dataOf("wide", png);
    const source = { kind: "encoded", bytes: png } as const;
    padded = await decodeImages([source], { sizePx, picture: pictureOptions(padding.config) });
    stretched = await decodeImages([source], { sizePx });
    const raw = { width: sizePx, height: sizePx, channels: 3 as const };
    alreadyPadded = dataOf("padded", await sharp(padded, { raw }).png().toBuffer());
  });

  it("is evaluated as the model prepares pictures", async () => {
    const path = join(folder, "evaluated.onnx");
    writeFileSync(path, writeModel(padding, answerGraph(padding.config, 8)));
    const run = testContext(vlmEvaluate, { params: { data: wide, numNewTokens: 1 }, inputs: { model: path } });
    await runVlmEvaluate(run.context);
    run.remove();
    const shown = await sharp(run.evaluations[0]!.samples[0]!.imagePng!).raw().toBuffer();
    expect(new Uint8Array(shown)).toEqual(padded);
    expect(padded).not.toEqual(stretched);
  });

  it("has the features of the prepared picture, which a model that prepares otherwise refuses", async () => {
    const features = await featuresOf(padding, wide);
    const expected = await featuresOf(padding, alreadyPadded);
    expect(features.ofAll(["0"])).toEqual(expected.ofAll(["0"]));
    const other = modelOf("stretch");
    expect((await featuresOf(other, wide)).ofAll(["0"])).not.toEqual(features.ofAll(["0"]));
    requireSameEncoder(padding, features);
    expect(() => requireSameEncoder(other, features)).toThrow(/own vision encoder/);
  });

  it("is trained on as the model prepares pictures", async () => {
    const options: VqaBatchOptions = {
      data: wide,
      tokenizer: tokenizer.toJSON(),
      imageSizePx: sizePx,
      picture: pictureOptions(padding.config),
      numTextTokens: 16,
      batchSize: 1,
      stepsPerRun: 1,
      questionOrder: "open-first",
      augment: { shiftPx: 0, flip: "none" },
      seed: 1,
    };
    const { pixels } = await (await createBatchProducer(options)).batch(0);
    expect(pixels!.data).toEqual(padded);
  });
});
