import { graph, numbers, op } from "@retort/engine";
import { compile } from "@retort/engine/node";
import { describe, expect, it } from "vitest";
import { Rng } from "../../base/rng.ts";
import { decodeImages } from "../../data/images.ts";
import { imageTowers } from "../../models/clip/sizes.ts";
import { randomTower } from "../../models/clip/tower-file.ts";
import { detectorScorer } from "../patch-detection/detector.ts";
import { testPictures } from "../patch-detection/testing-set.ts";
import { fitMemoryBank } from "./fit.ts";
import { compared, distanceToNearest } from "./nearest-distance.ts";
import { memoryBankParams, type PatchDistance } from "./params.ts";

const host = { signal: new AbortController().signal, progress: () => undefined };
const cpu = { provider: "cpu", threads: 1 } as const;

describe("fitMemoryBank", () => {
  it.each([
    { distance: "cosine", known: 1e-5, unknown: [1e-3, 2] },
    { distance: "euclidean", known: 1e-2, unknown: [1e-1, 100] },
  ] as const)(
    "finds nothing where it remembers every patch, and something elsewhere: $distance",
    async ({ distance, ...limits }) => {
      const images = await testPictures(4);
      const params = memoryBankParams.parse({
        distance,
        features: { imageSizePx: 32, smoothingPx: 0, layers: [8, 16] },
      });
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
      expect(Math.max(...known.scores)).toBeLessThan(limits.known);
      expect(Math.min(...unknown.scores)).toBeGreaterThan(limits.unknown[0]);
      expect(Math.max(...unknown.scores)).toBeLessThanOrEqual(limits.unknown[1]);
    },
  );
});

/** Patches as small towers have them: lengths of 10 to 70, most of each along one direction that all share. */
function longPatches(count: number, seed: number): Float32Array<ArrayBuffer> {
  const rng = Rng.fromSeed(seed);
  return Float32Array.from({ length: count * DIM }, () => 5 + 0.2 * rng.normal()).map(
    (value, at) => value * (1 + (Math.floor(at / DIM) % 7) / 2) + 0.3 * rng.normal(),
  );
}

const DIM = 16;

async function distances(values: Float32Array<ArrayBuffer>, memory: Float32Array<ArrayBuffer>, kind: PatchDistance) {
  const g = graph("distances");
  const rowsOf = (data: Float32Array<ArrayBuffer>) =>
    g.constant({ dtype: "float32", shape: [1, data.length / DIM, DIM], data });
  const rows = compared(rowsOf(memory), kind);
  const flat = op.reshape(rows, [memory.length / DIM, DIM]);
  g.output("distances", distanceToNearest(compared(rowsOf(values), kind), flat, kind));
  const program = await compile(g, cpu);
  try {
    return numbers((await program.run({})).distances!).map(Number);
  } finally {
    await program.dispose();
  }
}

describe("distanceToNearest", () => {
  const values = longPatches(40, 1);
  const memory = longPatches(60, 2);

  it.each(["cosine", "euclidean"] as const)("is that of double precision: %s", async (kind) => {
    const vectors = (data: Float32Array) =>
      Array.from({ length: data.length / DIM }, (_, row) => {
        const vector = [...data.subarray(row * DIM, (row + 1) * DIM)];
        const length = kind === "cosine" ? Math.hypot(...vector) : 1;
        return vector.map((value) => value / length);
      });
    const squared = (a: readonly number[], b: readonly number[]) =>
      a.reduce((sum, value, at) => sum + (value - b[at]!) ** 2, 0);
    const rows = vectors(memory);
    const found = await distances(values, memory, kind);
    for (const [at, vector] of vectors(values).entries()) {
      const nearest = Math.min(...rows.map((row) => squared(vector, row)));
      // Half the squared distance of unit vectors is 1 - cosine, here without its cancellation.
      const expected = kind === "cosine" ? nearest / 2 : Math.sqrt(nearest);
      expect(Math.abs(found[at]! / expected - 1)).toBeLessThan(2e-3);
    }
  });

  it("sees a patch of another length by the euclidean distance alone", async () => {
    const longer = memory.map((value) => 3 * value);
    expect(Math.max(...(await distances(longer, memory, "cosine")))).toBeLessThan(1e-6);
    expect(Math.max(...(await distances(longer, memory, "euclidean")))).toBeGreaterThan(10);
  });
});
