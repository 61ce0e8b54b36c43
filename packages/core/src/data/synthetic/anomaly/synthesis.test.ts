import { describe, expect, it } from "vitest";
import { Rng } from "../../../base/rng.ts";
import type { FloatImage } from "../anomaly.ts";
import { foregroundMask, otsu } from "./foreground.ts";
import { perlinNoise } from "./perlin.ts";
import { synthesize } from "./synthesis.ts";
import { defectNames, synthesisParams } from "./synthesis-params.ts";
import { generatedTexture } from "./texture.ts";

const size = { width: 48, height: 40 };

/** A dark bar on bright ground, slightly uneven. */
function bar(channels: number): FloatImage {
  const data = Float32Array.from({ length: size.width * size.height * channels }, (_, at) => {
    const [x, y] = [Math.floor(at / channels) % size.width, Math.floor(at / channels / size.width)];
    return (x >= 16 && x < 32 && y >= 8 && y < 32 ? 0.3 : 0.8) + 0.02 * Math.sin(at);
  });
  return { data, ...size, channels };
}

const params = (more: Record<string, unknown>) => synthesisParams.parse({ cleanShare: 0, ...more });

describe.each(defectNames)("defect %s", (kind) => {
  const input = (seed: number, channels = 1, more: Record<string, unknown> = {}) => ({
    image: bar(channels),
    params: params({ kinds: [kind], ...more }),
    rng: Rng.fromSeed(seed).stream("synthesis"),
    foreground: null,
  });

  it("is the same for the same seed, another for another, and leaves its input alone", () => {
    const one = input(1);
    const made = synthesize(one);
    expect(one.image).toEqual(bar(1));
    expect(synthesize(input(1))).toEqual(made);
    expect(synthesize(input(2)).image.data).not.toEqual(made.image.data);
  });

  it.each([1, 3])("marks what changed, and nothing else, in %i channels", (channels) => {
    for (let seed = 0; seed < 8; seed++) {
      const { image, mask, kinds } = synthesize(input(seed, channels));
      const before = bar(channels);
      expect(kinds.every((name) => name === kind)).toBe(true);
      expect(mask).toContain(1);
      expect(image.data.every((value) => value >= 0 && value <= 1)).toBe(true);
      const changes = Array.from(mask, (_, at) => {
        let change = 0;
        for (let c = at * channels; c < (at + 1) * channels; c++) {
          change += Math.abs(image.data[c]! - before.data[c]!) / channels;
        }
        return change;
      });
      const isSeen = (x: number, y: number) =>
        x >= 0 && y >= 0 && x < size.width && y < size.height && changes[y * size.width + x]! >= 0.03 - 1e-6;
      const near = [-2, -1, 0, 1, 2];
      const wrong = changes.flatMap((change, at) => {
        const [x, y] = [at % size.width, Math.floor(at / size.width)];
        const isRight =
          mask[at] === 1 ? near.some((dy) => near.some((dx) => isSeen(x + dx, y + dy))) : change <= 0.03 + 1e-6;
        return isRight ? [] : [at];
      });
      expect(wrong).toEqual([]);
    }
  });

  it("is anomalous exactly where it changed by minChange when nothing near belongs to it", () => {
    for (let seed = 0; seed < 8; seed++) {
      const { image, mask } = synthesize(input(seed, 1, { nearPx: 0, minChange: 0.05 }));
      const before = bar(1);
      const changed = Array.from(mask, (_, at) => Number(Math.abs(image.data[at]! - before.data[at]!) >= 0.05));
      expect([...mask]).toEqual(changed);
    }
  });

  it("lies on the thing where there is one", () => {
    const foreground = foregroundMask(bar(1).data, { ...size, growPx: 0 })!;
    let [inside, all] = [0, 0];
    for (let seed = 0; seed < 12; seed++) {
      const { mask } = synthesize({ ...input(seed), foreground });
      mask.forEach((marked, at) => {
        all += marked;
        inside += marked & foreground[at]!;
      });
    }
    // Patches are centred on the thing and may reach over its edge.
    expect(inside / all).toBeGreaterThan(0.5);
  });
});

describe("synthesize", () => {
  it.each(["scar", "line"])("draws a %s as long and as wide on a larger image as its scale says", (kind) => {
    const even = (side: number): FloatImage => {
      const rng = Rng.fromSeed(9);
      const data = Float32Array.from({ length: side * side }, () => 0.5 + 0.2 * rng.normal());
      return { data: data.map((value) => Math.min(1, Math.max(0, value))), width: side, height: side, channels: 1 };
    };
    const area = (side: number, scale: number) => {
      let sum = 0;
      for (let seed = 0; seed < 24; seed++) {
        const given = params({ kinds: [kind], maxDefects: 1, minChange: 0.01, nearPx: 2, minContrast: 3 });
        const { mask } = synthesize({
          image: even(side),
          params: given,
          rng: Rng.fromSeed(seed),
          foreground: null,
          scale,
        });
        sum += mask.reduce((count, inside) => count + inside, 0);
      }
      return sum / (side * side);
    };
    const [own, scaled, unscaled] = [area(96, 1), area(192, 2), area(192, 1)];
    expect(Math.abs(scaled / own - 1)).toBeLessThan(0.25);
    expect(unscaled / own).toBeLessThan(0.7);
  });

  it("leaves its share of images normal", () => {
    const image = bar(1);
    const rng = Rng.fromSeed(3);
    const made = Array.from({ length: 200 }, (_, n) =>
      synthesize({
        image,
        params: params({ cleanShare: 0.35, kinds: ["scar"] }),
        rng: rng.stream(`${n}`),
        foreground: null,
      }),
    );
    const clean = made.filter(({ kinds }) => kinds.length === 0);
    expect(clean.length / 200).toBeCloseTo(0.35, 1);
    expect(clean.every((one) => one.image === image && !one.mask.includes(1))).toBe(true);
  });

  it("takes textures where the parameters say", () => {
    const white: FloatImage = { ...bar(1), data: new Float32Array(size.width * size.height).fill(1) };
    const { image, mask } = synthesize({
      image: bar(1),
      params: params({ kinds: ["perlin"], textures: ["training"], numAugmenters: 0, minOpacity: 1, maxEdgePx: 0 }),
      rng: Rng.fromSeed(4),
      foreground: null,
      textures: { training: () => white },
    });
    mask.forEach((inside, at) => {
      if (inside === 1) expect(image.data[at]).toBeCloseTo(1, 5);
    });
  });

  it.each(["perlin", "cutpaste", "scar"])(
    "fades %s in from its border, and leaves its inside as it was pasted",
    (kind) => {
      const white: FloatImage = { ...bar(1), data: new Float32Array(size.width * size.height).fill(1) };
      const made = (seed: number, maxEdgePx: number) =>
        synthesize({
          image: bar(1),
          params: params({
            kinds: [kind],
            maxDefects: 1,
            textures: ["training"],
            numAugmenters: 0,
            minOpacity: 1,
            minPatchShare: 0.05,
            maxPatchShare: 0.06,
            minChange: 0,
            maxEdgePx,
          }),
          rng: Rng.fromSeed(seed),
          foreground: null,
          textures: { training: () => white },
        });
      let [numSoft, numCompared] = [0, 0];
      for (let seed = 0; seed < 12; seed++) {
        const [hard, soft] = [made(seed, 0), made(seed, 3)];
        const before = bar(1).data;
        // An empty blot is drawn again, from where the stream has come to by then.
        if (soft.mask.some((inside, at) => inside !== hard.mask[at])) continue;
        numCompared++;
        const inside = (at: number) => hard.mask[at] === 1;
        hard.image.data.forEach((value, at) => {
          const [x, y] = [at % size.width, Math.floor(at / size.width)];
          // Share of the change that is left of it.
          const share = value === before[at] ? 1 : (soft.image.data[at]! - before[at]!) / (value - before[at]!);
          expect(share).toBeGreaterThan(0);
          expect(share).toBeLessThan(1 + 1e-4);
          if (share < 1 - 1e-4) numSoft++;
          // Deeper than the widest edge nothing fades; the picture's own border is none of the defect's.
          let deep = true;
          for (let row = Math.max(0, y - 3); row <= Math.min(size.height - 1, y + 3); row++)
            for (let column = Math.max(0, x - 3); column <= Math.min(size.width - 1, x + 3); column++)
              deep &&= inside(row * size.width + column);
          if (deep) expect(share).toBeCloseTo(1, 4);
        });
      }
      expect(numSoft).toBeGreaterThan(0);
      expect(numCompared).toBeGreaterThan(6);
    },
  );

  it("makes spots as plain as the picture's own brightness varies, darker and brighter", () => {
    const noisy = (deviation: number): FloatImage => {
      const rng = Rng.fromSeed(1);
      const data = Float32Array.from({ length: size.width * size.height }, () => 0.5 + deviation * rng.normal());
      return { data, ...size, channels: 1 };
    };
    const changes = (deviation: number) =>
      Array.from({ length: 40 }, (_, seed) => {
        const image = noisy(deviation);
        const { data } = synthesize({
          image,
          params: params({ kinds: ["spot"], maxDefects: 1, minContrast: 2, maxContrast: 2 }),
          rng: Rng.fromSeed(seed),
          foreground: null,
        }).image;
        return data.reduce(
          (most, value, at) => (Math.abs(value - image.data[at]!) > Math.abs(most) ? value - image.data[at]! : most),
          0,
        );
      });
    for (const deviation of [0.03, 0.06]) {
      const found = changes(deviation);
      expect(found.some((change) => change > 0)).toBe(true);
      expect(found.some((change) => change < 0)).toBe(true);
      for (const change of found) expect(Math.abs(change)).toBeCloseTo(2 * deviation, 2);
    }
  });

  it("refuses bounds that are the wrong way round and a folder without a use", () => {
    expect(() => synthesisParams.parse({ minOpacity: 0.9, maxOpacity: 0.1 })).toThrow(
      "minOpacity is at most maxOpacity",
    );
    expect(() => synthesisParams.parse({ minContrast: 6 })).toThrow("minContrast is at most maxContrast");
    expect(() => synthesisParams.parse({ textureFolder: "/textures" })).toThrow("goes with textures from a folder");
  });
});

describe("foregroundMask", () => {
  it("finds the thing, and none where a texture fills the picture", () => {
    const mask = foregroundMask(bar(1).data, { ...size, growPx: 1 })!;
    const columns = Array.from({ length: size.width }, (_, x) => mask[20 * size.width + x]);
    expect(columns.map((inside, x) => (inside === 1 ? x : -1)).filter((x) => x >= 0)).toEqual(
      Array.from({ length: 18 }, (_, at) => 15 + at),
    );
    const texture = generatedTexture(Rng.fromSeed(1).stream("t"), { ...size, channels: 1 });
    expect(foregroundMask(texture.data, { ...size, growPx: 1 })).toBeNull();
  });

  it("parts two tones between them", () => {
    const { threshold, separability } = otsu(Float32Array.from({ length: 100 }, (_, at) => (at < 30 ? 0.2 : 0.7)));
    expect(threshold).toBeGreaterThan(0.2);
    expect(threshold).toBeLessThanOrEqual(0.7);
    expect(separability).toBeCloseTo(1, 5);
  });
});

describe("perlinNoise", () => {
  it("is smooth, centred and zero on the lattice", () => {
    const noise = perlinNoise(Rng.fromSeed(5), { width: 64, height: 64, cellsX: 4, cellsY: 4, angle: 0.3 });
    const mean = noise.reduce((sum, value) => sum + value, 0) / noise.length;
    expect(Math.abs(mean)).toBeLessThan(0.15);
    let step = 0;
    for (let at = 1; at < 64; at++) step = Math.max(step, Math.abs(noise[at]! - noise[at - 1]!));
    expect(step).toBeLessThan(0.35);
    expect(Math.max(...noise)).toBeGreaterThan(0.4);
  });
});
