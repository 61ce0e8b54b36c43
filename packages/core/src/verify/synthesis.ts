import { z } from "zod";
import { blend, cutPaste, type FloatImage, thresholdMask } from "../data/synthetic/anomaly.ts";
import { type CaseInputs, defineVerifiers } from "./define.ts";

const rectangle = z.object({ x: z.int(), y: z.int(), w: z.int(), h: z.int() });
const place = z.object({ x: z.int(), y: z.int() });

/** synthesis.blend, synthesis.threshold_mask, synthesis.cutpaste. */
export const synthesisVerifiers = defineVerifiers({
  "synthesis.blend": (inputs, params) => {
    const mask = Float32Array.from(inputs.numbers("mask"));
    const blended = blend({
      image: image(inputs, "image"),
      source: image(inputs, "source"),
      mask,
      beta: params.number("beta"),
    });
    return { output: { dtype: "float32", shape: inputs.shape("image"), data: blended.data } };
  },
  "synthesis.threshold_mask": (inputs, params) => {
    const foreground = inputs.has("foreground") ? Uint8Array.from(inputs.numbers("foreground")) : undefined;
    const noise = Float32Array.from(inputs.numbers("noise"));
    const { mask, areaFraction } = thresholdMask(noise, params.number("threshold"), foreground);
    return { mask: { dtype: "bool", shape: inputs.shape("noise"), data: mask }, area_fraction: areaFraction };
  },
  "synthesis.cutpaste": (inputs, params) => {
    const { x, y, w, h } = params.parse("source", rectangle);
    const { image: output, mask } = cutPaste(image(inputs, "image"), {
      source: { x, y, width: w, height: h },
      target: params.parse("target", place),
      quarterTurns: params.number("rot90"),
    });
    const shape = inputs.shape("image");
    return {
      output: { dtype: "float32", shape, data: output.data },
      mask: { dtype: "bool", shape: shape.slice(0, 2), data: mask },
    };
  },
});

function image(inputs: CaseInputs, name: string): FloatImage {
  const [height = 0, width = 0, channels = 0] = inputs.shape(name);
  return { data: Float32Array.from(inputs.numbers(name)), width, height, channels };
}
