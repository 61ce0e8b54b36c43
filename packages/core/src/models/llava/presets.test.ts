import { describe, expect, it } from "vitest";
import { llavaConfig, numImageTokens } from "./config.ts";
import { parameterCounts } from "./parameter-count.ts";
import { type DecoderPreset, decoderPresets, type VisionPreset, visionPresets } from "./presets.ts";

const projector = { mergeSide: 1 };

describe("published sizes", () => {
  // Elements of the tensors in each published checkpoint; a tied table once.
  it.each([
    ["qwen1.5-0.5b", 463_987_712],
    ["qwen1.5-1.8b", 1_836_828_672],
    ["qwen1.5-4b", 3_950_369_280],
    ["qwen2.5-0.5b", 494_032_768],
    ["qwen2.5-1.5b", 1_543_714_304],
    ["qwen2.5-3b", 3_085_938_688],
    ["stories-260k", 260_032],
  ] satisfies [DecoderPreset, number][])("%s has %i parameters", (name, expected) => {
    const config = llavaConfig.parse({ ...visionPresets["siglip-tiny"], projector, ...decoderPresets[name] });
    expect(parameterCounts(config).decoder).toBe(expected);
  });

  // Published counts of the vision models; LLaVA does not use SigLIP's pooling head.
  it.each([
    ["siglip-so400m-patch14-384", 428_225_600 - poolingHead(1152, 4304), 729],
    ["siglip-base-patch16-224", 92_884_224 - poolingHead(768, 3072), 196],
    ["clip-vit-l-14-336", 303_507_456, 576],
  ] satisfies [VisionPreset, number, number][])(
    "%s has %i parameters and %i tokens a picture",
    (name, count, tokens) => {
      const { imageSizePx, vision } = visionPresets[name];
      const rest = { imageSizePx, projector, ...decoderPresets["qwen-tiny"] };
      expect(numImageTokens(llavaConfig.parse({ ...rest, vision }))).toBe(tokens);
      const whole = llavaConfig.parse({ ...rest, vision: { ...vision, featureLayer: -1, featureNorm: true } });
      expect(parameterCounts(whole).vision).toBe(count);
    },
  );

  it("can leave SigLIP's first patch out, as the code of LLaVA-KD does", () => {
    const siglip = visionPresets["siglip-so400m-patch14-384"];
    const vision = { ...siglip.vision, dropFirst: true };
    const config = llavaConfig.parse({ ...siglip, vision, projector, ...decoderPresets["qwen1.5-0.5b"] });
    expect(numImageTokens(config)).toBe(728);
  });
});

/** Probe, attention, norm and feed-forward layer. */
function poolingHead(dim: number, hidden: number): number {
  return dim + 4 * (dim * dim + dim) + 2 * dim + 2 * dim * hidden + hidden + dim;
}
