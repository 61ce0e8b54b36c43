// [node]
import { compile, type SessionSettings } from "@retort/engine/node";
import { mergedWidth, numImageTokens } from "./config.ts";
import { projectionGraph } from "./generate-graphs.ts";
import type { EncodedImages } from "./generator.ts";
import type { LlavaModel } from "./model-file.ts";

/** Pictures at once. */
const BATCH = 64;

/** Image tokens from stored features, bits of float16 [N, imageTokens, mergedWidth], in place of pixels. */
export async function projectFeatures(
  { config, weights }: Pick<LlavaModel, "config" | "weights">,
  features: Uint16Array,
  settings: SessionSettings,
): Promise<EncodedImages> {
  const [tokens, width] = [numImageTokens(config), mergedWidth(config)];
  const stride = tokens * config.decoder.dim;
  const count = features.length / (tokens * width);
  const data = new Float32Array(count * stride);
  const program = await compile(projectionGraph(config, BATCH), { ...settings, weights });
  try {
    for (let first = 0; first < count; first += BATCH) {
      const fed = new Uint16Array(BATCH * tokens * width);
      fed.set(features.subarray(first * tokens * width, (first + BATCH) * tokens * width));
      const { image } = await program.run({
        features: { dtype: "float16", shape: [BATCH, tokens, width], data: fed },
      });
      const numbers = image!.data as Float32Array;
      data.set(numbers.subarray(0, Math.min(BATCH, count - first) * stride), first * stride);
    }
  } finally {
    await program.dispose();
  }
  return { data, stride };
}
