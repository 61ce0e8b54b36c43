import { describe, expect, it } from "vitest";
import { previewSynthesis } from "./preview.ts";
import { synthesisParams } from "./synthesis-params.ts";

describe("previewSynthesis", () => {
  const options = { params: synthesisParams.parse({}), seed: 3, sizePx: 48, count: 3 };

  it("spoils every picture, the same for the same seed", () => {
    const previews = previewSynthesis(options);
    expect(previews).toHaveLength(3);
    for (const { normal, spoilt, mask, kinds } of previews) {
      expect(kinds.length).toBeGreaterThan(0);
      expect(spoilt).not.toEqual(normal);
      // Outside of the mask nothing changed that one could see.
      const seen = [...mask.keys()].filter((at) => mask[at] === 0 && Math.abs(spoilt[3 * at]! - normal[3 * at]!) > 25);
      expect(seen).toEqual([]);
    }
    expect(previewSynthesis(options)).toEqual(previews);
    expect(previewSynthesis({ ...options, seed: 4 })[0]!.spoilt).not.toEqual(previews[0]!.spoilt);
  });

  it("shows a person's own pictures", () => {
    const grey = new Uint8Array(48 * 48 * 3).fill(128);
    const [preview] = previewSynthesis({ ...options, pictures: [grey], count: 1 });
    expect(preview!.normal).toEqual(grey);
  });
});
