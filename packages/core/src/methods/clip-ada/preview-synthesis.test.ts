import sharp from "sharp";
import { expect, it } from "vitest";
import { anomalyDataParams } from "../../data/anomaly/choice.ts";
import { synthesisParams } from "../../data/synthetic/anomaly/synthesis-params.ts";
import { previewSynthesis } from "./preview-synthesis.ts";
import { windowParams } from "./window-params.ts";

const options = {
  data: anomalyDataParams.parse({}),
  synthesis: synthesisParams.parse({ cleanShare: 0 }),
  window: windowParams.parse({ cropPx: 48 }),
  sizePx: 64,
  numSamples: 4,
  seed: 3,
};

it("shows windows before and after, with what was done to them, the same for the same seed", async () => {
  const previews = await previewSynthesis(options);
  expect(previews).toHaveLength(4);
  for (const { kinds, areaFraction, png } of previews) {
    expect(kinds.length).toBeGreaterThan(0);
    expect(areaFraction).toBeGreaterThan(0);
    expect(await sharp(png).metadata()).toMatchObject({ width: 3 * 48 + 8, height: 48, format: "png" });
  }
  expect(await previewSynthesis(options)).toEqual(previews);
  expect(await previewSynthesis({ ...options, seed: 4 })).not.toEqual(previews);
});

it("leaves windows alone where the parameters say so", async () => {
  const synthesis = synthesisParams.parse({ cleanShare: 1 });
  const previews = await previewSynthesis({ ...options, synthesis, numSamples: 2 });
  expect(previews.map(({ kinds, areaFraction }) => [kinds, areaFraction])).toEqual([
    [[], 0],
    [[], 0],
  ]);
});

it("lights windows as training does, without a share of it being called a defect", async () => {
  const synthesis = synthesisParams.parse({ cleanShare: 1 });
  const shown = async (light: number) => {
    const window = windowParams.parse({ cropPx: 48, light });
    const [preview] = await previewSynthesis({ ...options, synthesis, window, numSamples: 1 });
    const { data, info } = await sharp(preview!.png).raw().toBuffer({ resolveWithObject: true });
    const column = (x: number) => Array.from({ length: 48 }, (_, y) => data[(y * info.width + x) * info.channels]!);
    const window48 = (left: number) => Array.from({ length: 48 }, (_, x) => column(left + x));
    return { before: window48(0), after: window48(48 + 4), areaFraction: preview!.areaFraction };
  };
  const [even, lit] = [await shown(0), await shown(0.5)];
  expect(lit.before).not.toEqual(even.before);
  expect(lit.after).toEqual(lit.before);
  expect(lit.areaFraction).toBe(0);
});
