import type { Rng } from "../../../base/rng.ts";
import type { FloatImage } from "../anomaly.ts";
import { perlinNoise } from "./perlin.ts";

/** A texture drawn from the stream alone, values in [0, 1]: layers of noise, stripes, checks or one even tone, tinted. */
export function generatedTexture(rng: Rng, { width, height, channels }: Omit<FloatImage, "data">): FloatImage {
  const draw = rng.pick([cloud, stripes, checks, even]);
  const grey = draw(rng, width, height);
  const tint = Array.from({ length: channels }, () => (channels === 1 ? 1 : 0.6 + 0.4 * rng.uniform()));
  const data = new Float32Array(width * height * channels);
  for (let at = 0; at < data.length; at++) data[at] = grey[Math.floor(at / channels)]! * tint[at % channels]!;
  return { data, width, height, channels };
}

type Draw = (rng: Rng, width: number, height: number) => Float32Array;

/** Three octaves of noise between two tones. */
const cloud: Draw = (rng, width, height) => {
  const cells = 2 ** (1 + rng.integer(4));
  const [low, high] = [rng.uniform(), rng.uniform()];
  const out = new Float32Array(width * height);
  for (let octave = 0; octave < 3; octave++) {
    const count = cells * 2 ** octave;
    const noise = perlinNoise(rng, { width, height, cellsX: count, cellsY: count, angle: 0 });
    noise.forEach((value, at) => {
      out[at]! += value / 2 ** octave;
    });
  }
  return out.map((value) => low + (high - low) * Math.min(1, Math.max(0, 0.5 + 0.5 * value)));
};

const stripes: Draw = (rng, width, height) => {
  const angle = Math.PI * rng.uniform();
  const [u, v] = [Math.cos(angle), Math.sin(angle)];
  const frequency = (2 * Math.PI) / (3 + 20 * rng.uniform());
  const [low, high] = [rng.uniform(), rng.uniform()];
  return Float32Array.from({ length: width * height }, (_, at) => {
    const phase = frequency * ((at % width) * u + Math.floor(at / width) * v);
    return low + (high - low) * (0.5 + 0.5 * Math.sin(phase));
  });
};

const checks: Draw = (rng, width, height) => {
  const side = 2 + rng.integer(10);
  const tones = [rng.uniform(), rng.uniform()];
  return Float32Array.from({ length: width * height }, (_, at) => {
    const cell = Math.floor((at % width) / side) + Math.floor(Math.floor(at / width) / side);
    return tones[cell % 2]!;
  });
};

const even: Draw = (rng, width, height) => new Float32Array(width * height).fill(rng.uniform());
