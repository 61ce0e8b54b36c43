import { exportOnnx, importOnnx, onnxMetadata, type Tensor } from "@retort/engine";
import { z } from "zod";
import { DataError } from "../../base/errors.ts";
import { type EncoderConfig, type LlavaConfig, llavaConfig, pictureConfig } from "./config.ts";
import { encoderGraph } from "./encoder-graph.ts";
import { isModelFile, readModel, weightOf } from "./model-file.ts";

/** A trained vision encoder; its weights are called as in a whole model: "vision....". */
export interface Encoder {
  config: EncoderConfig;
  /** How its pictures were prepared in training. */
  picture: LlavaConfig["picture"];
  weights: ReadonlyMap<string, Tensor>;
}

const METADATA_KEY = "retort.vision-encoder";

export const encoderConfig: z.ZodType<EncoderConfig> = z.strictObject({
  imageSizePx: llavaConfig.shape.imageSizePx,
  vision: llavaConfig.shape.vision,
});

const header = z.object({ config: encoderConfig, parameters: z.array(z.string()) });

const isVision = (name: string) => name.startsWith("vision.");

/** vision-pretrain, which writes encoders alone, stretches its pictures. */
const stretched = pictureConfig.parse({ fit: "stretch", kernel: "lanczos3" });

/** One self-describing ONNX file of an encoder that was trained on stretched pictures. */
export function writeEncoder({ config, weights }: Omit<Encoder, "picture">): Uint8Array {
  const own = new Map([...weights].filter(([name]) => isVision(name)));
  const text = JSON.stringify({ config, parameters: [...own.keys()] });
  return exportOnnx(encoderGraph(config), { weights: own, metadata: { [METADATA_KEY]: text } });
}

/** The encoder in a file of writeEncoder() or of a whole model. @throws DataError when the file is neither */
export function readEncoder(bytes: Uint8Array, where: string): Encoder {
  if (isModelFile(bytes)) {
    const { config, weights } = readModel(bytes, where);
    const { imageSizePx, vision, picture } = config;
    const own = new Map([...weights].filter(([name]) => isVision(name)));
    return { config: { imageSizePx, vision }, picture, weights: own };
  }
  const metadata = onnxMetadata(bytes);
  const text = metadata[METADATA_KEY];
  if (text === undefined) {
    throw new DataError({
      code: "DATA_NOT_AN_ENCODER",
      message: "This ONNX file does not hold a vision encoder that says how it is built",
      expected: `metadata "${METADATA_KEY}", or a whole model`,
      got: Object.keys(metadata).join(", ") || "no metadata",
      where,
      fix: "Use the encoder of a vision-pretrain stage, or the model of any training stage.",
    });
  }
  const { config, parameters } = header.parse(JSON.parse(text));
  const graph = importOnnx(bytes);
  const weights = new Map(parameters.map((name) => [name, weightOf(graph, name, where)]));
  return { config, picture: stretched, weights };
}
