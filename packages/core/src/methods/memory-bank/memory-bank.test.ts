import { describe, expect, it } from "vitest";
import { Rng } from "../../base/rng.ts";
import { decodeImages } from "../../data/images.ts";
import { imageTowers } from "../../models/clip/sizes.ts";
import { randomTower } from "../../models/clip/tower-file.ts";
import { detectorScorer } from "../patch-detection/detector.ts";
import { testPictures } from "../patch-detection/testing-set.ts";
import { fitMemoryBank } from "./fit.ts";
import { memoryBankParams } from "./params.ts";

const host = { signal: new AbortController().signal, progress: () => undefined };
const cpu = { provider: "cpu", threads: 1 } as const;

describe("fitMemoryBank", () => {
  it("finds nothing where it remembers every patch, and something elsewhere", async () => {
    const images = await testPictures(4);
    const params = memoryBankParams.parse({ features: { imageSizePx: 32, smoothingPx: 0, layers: [8, 16] } });
    const detector = await fitMemoryBank(
      {
        tower: randomTower(imageTowers.tiny, 1),
        params,
        images: images.slice(0, 2),
        category: null,
        rng: Rng.fromSeed(2),
        ...cpu,
      },
      host,
    );
    const scorer = detectorScorer(detector, cpu);
    const pixels = await decodeImages(
      images.map((image) => image.image()),
      { sizePx: 32 },
    );
    const half = pixels.length / 2;
    const known = await scorer.score(pixels.slice(0, half), 2);
    const unknown = await scorer.score(pixels.slice(half), 2);
    await scorer.dispose();
    expect(Math.max(...known.scores)).toBeLessThan(1e-5);
    expect(Math.min(...unknown.scores)).toBeGreaterThan(1e-3);
    expect(Math.max(...unknown.scores)).toBeLessThanOrEqual(2);
  });
});
