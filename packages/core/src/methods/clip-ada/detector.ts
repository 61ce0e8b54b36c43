// [node]
import type { Tensor } from "@retort/engine";
import { compile, type Program, type Provider } from "@retort/engine/node";
import { SpecError } from "../../base/errors.ts";
import { inputMultiplePx } from "../../models/clip/config.ts";
import { type DetectionParams, looksCloser } from "./detection.ts";
import { detectionGraph, smoothingGraph } from "./detection-graph.ts";
import type { ClipAdaModel } from "./model-file.ts";
import type { NormalImage } from "./normal-images.ts";
import { candidateRegions, type Region, slidingWindows } from "./regions.ts";

/** An anomaly map with its image's score; logits, never clamped. */
export interface Detection {
  /** [sizePx, sizePx], row-major. */
  map: Float32Array<ArrayBuffer>;
  score: number;
  /** Windows that were encoded besides the image as a whole. */
  numWindows: number;
}

export interface DetectorOptions {
  detection: DetectionParams;
  batchSize: number;
  provider: Provider;
  threads: number;
}

/** Windows encoded at once. */
const WINDOW_BATCH = 6;

/** Applies a model: whole image or windows, refinement where the thing is small, smoothing. Whoever creates it disposes. */
export class Detector {
  readonly #model: ClipAdaModel;
  readonly #options: DetectorOptions;
  readonly #whole: Program;
  readonly #window: Program | null;
  readonly #smooth: Program | null;

  private constructor(
    model: ClipAdaModel,
    options: DetectorOptions,
    programs: [Program, Program | null, Program | null],
  ) {
    this.#model = model;
    this.#options = options;
    [this.#whole, this.#window, this.#smooth] = programs;
  }

  /** @throws SpecError for sizes that the tower cannot divide. */
  static async create(model: ClipAdaModel, options: DetectorOptions): Promise<Detector> {
    const { detection, provider, threads } = options;
    const { sizePx, windowPx, refinement, smoothingPx } = detection;
    const refines = refinement.maxObjectShare > 0;
    checkSizes(model, detection);
    const build = (side: number, batchSize: number, brightness: "image" | "input", smoothing: number) =>
      compile(detectionGraph(model, { batchSize, heightPx: side, widthPx: side, smoothingPx: smoothing, brightness }), {
        provider,
        threads,
      });
    // Maps that are fused first are smoothed afterwards, else within the same graph.
    const later = looksCloser(detection);
    const regionSide = refinement.regionPx * refinement.zoom;
    return new Detector(model, options, [
      windowPx > 0
        ? await build(windowPx, WINDOW_BATCH, "input", 0)
        : await build(sizePx, options.batchSize, "image", later ? 0 : smoothingPx),
      refines ? await build(regionSide, WINDOW_BATCH, "input", 0) : null,
      later && smoothingPx > 0 ? await compile(smoothingGraph(sizePx, smoothingPx), { threads }) : null,
    ]);
  }

  /** One detection an image, in order; `enlarged` gives an image at sizePx · zoom and is asked for refined images only. */
  async detect(
    images: readonly NormalImage[],
    enlarged: (at: number, sizePx: number) => Uint8Array | Promise<Uint8Array>,
  ): Promise<Detection[]> {
    const { windowPx, sizePx, refinement } = this.#options.detection;
    const coarse = windowPx > 0 ? await this.#slide(images, windowPx) : await this.#encodeWhole(images);
    for (const [at, image] of images.entries()) {
      const detection = coarse[at]!;
      if (this.#isRefined(image)) await this.#refine(detection, image, await enlarged(at, sizePx * refinement.zoom));
      if (this.#smooth) {
        const map: Tensor = { dtype: "float32", shape: [1, sizePx, sizePx], data: detection.map };
        detection.map = floats((await this.#smooth.run({ map })).smooth!);
      }
    }
    return coarse;
  }

  async dispose(): Promise<void> {
    await this.#whole.dispose();
    await this.#window?.dispose();
    await this.#smooth?.dispose();
  }

  #isRefined({ foreground }: NormalImage): boolean {
    const { maxObjectShare } = this.#options.detection.refinement;
    if (maxObjectShare === 0) return false;
    return objectShare(foreground) <= maxObjectShare;
  }

  async #encodeWhole(images: readonly NormalImage[]): Promise<Detection[]> {
    const { batchSize, detection } = this.#options;
    const { sizePx } = detection;
    const { channels } = this.#model.image;
    const found: Detection[] = [];
    for (let first = 0; first < images.length; first += batchSize) {
      const batch = images.slice(first, first + batchSize);
      const data = new Uint8Array(batchSize * sizePx * sizePx * channels);
      for (const [row, { pixels }] of batch.entries()) data.set(pixels, row * pixels.length);
      const shape = [batchSize, sizePx, sizePx, channels];
      const { map, score } = await this.#whole.run({ pixels: { dtype: "uint8", shape, data } });
      const size = sizePx * sizePx;
      for (const row of batch.keys()) {
        found.push({
          map: floats(map!).slice(row * size, (row + 1) * size),
          score: floats(score!)[row]!,
          numWindows: 0,
        });
      }
    }
    return found;
  }

  /** Maps of half overlapping windows, averaged; the score is the highest window's. */
  async #slide(images: readonly NormalImage[], windowPx: number): Promise<Detection[]> {
    const { sizePx } = this.#options.detection;
    const windows = slidingWindows({ width: sizePx, height: sizePx, windowPx });
    const found: Detection[] = [];
    for (const { pixels, brightness } of images) {
      const encoded = await this.#encodeWindows(this.#whole, { pixels, brightness, sizePx, windows, side: windowPx });
      const sum = new Float32Array(sizePx * sizePx);
      const counts = new Uint16Array(sizePx * sizePx);
      for (const [at, { left, top }] of windows.entries()) {
        for (let y = 0; y < windowPx; y++) {
          for (let x = 0; x < windowPx; x++) {
            const to = (top + y) * sizePx + left + x;
            sum[to]! += encoded[at]!.map[y * windowPx + x]!;
            counts[to]!++;
          }
        }
      }
      const map = sum.map((value, at) => value / counts[at]!);
      found.push({ map, score: Math.max(...encoded.map(({ score }) => score)), numWindows: windows.length });
    }
    return found;
  }

  /** Candidate regions encoded again, larger; inside them the map becomes a mean of both. Changes the detection. */
  async #refine(detection: Detection, { brightness }: NormalImage, enlarged: Uint8Array): Promise<void> {
    const { sizePx, refinement } = this.#options.detection;
    const { numRegions, regionPx, zoom, weight, level } = refinement;
    const regions = candidateRegions(detection.map, { width: sizePx, height: sizePx, numRegions, regionPx });
    const side = regionPx * zoom;
    const windows = regions.map(({ left, top }) => ({ left: left * zoom, top: top * zoom }));
    const encoded = await this.#encodeWindows(this.#window!, {
      pixels: enlarged,
      brightness,
      sizePx: sizePx * zoom,
      windows,
      side,
    });
    const coarse = detection.map.slice();
    const sum = new Float32Array(coarse.length);
    const counts = new Uint16Array(coarse.length);
    for (const [at, { left, top }] of regions.entries()) {
      const fine = shrunk(encoded[at]!.map, { side, zoom });
      const shift = level === "as-is" ? 0 : median(cropped(coarse, { left, top, sizePx, regionPx })) - median(fine);
      for (let y = 0; y < regionPx; y++) {
        for (let x = 0; x < regionPx; x++) {
          const to = (top + y) * sizePx + left + x;
          sum[to]! += fine[y * regionPx + x]! + shift;
          counts[to]!++;
        }
      }
    }
    detection.map = coarse.map((value, at) =>
      counts[at] === 0 ? value : (1 - weight) * value + (weight * sum[at]!) / counts[at]!,
    );
    detection.numWindows += regions.length;
  }

  async #encodeWindows(
    program: Program,
    at: {
      pixels: Uint8Array;
      brightness: readonly [number, number];
      sizePx: number;
      windows: readonly Region[];
      side: number;
    },
  ): Promise<{ map: Float32Array; score: number }[]> {
    const { pixels, brightness, sizePx, windows, side } = at;
    const { channels } = this.#model.image;
    const found: { map: Float32Array; score: number }[] = [];
    for (let first = 0; first < windows.length; first += WINDOW_BATCH) {
      const batch = windows.slice(first, first + WINDOW_BATCH);
      const data = new Uint8Array(WINDOW_BATCH * side * side * channels);
      const statistics = new Float32Array(WINDOW_BATCH * 2).fill(1);
      for (const [row, { left, top }] of batch.entries()) {
        statistics.set(brightness, row * 2);
        for (let y = 0; y < side; y++) {
          const from = ((top + y) * sizePx + left) * channels;
          data.set(pixels.subarray(from, from + side * channels), (row * side + y) * side * channels);
        }
      }
      const { map, score } = await program.run({
        pixels: { dtype: "uint8", shape: [WINDOW_BATCH, side, side, channels], data },
        brightness: { dtype: "float32", shape: [WINDOW_BATCH, 2], data: statistics },
      });
      for (const row of batch.keys()) {
        found.push({
          map: floats(map!).slice(row * side * side, (row + 1) * side * side),
          score: floats(score!)[row]!,
        });
      }
    }
    return found;
  }
}

/** Share of the image that its thing covers; 1 where no thing stands out. */
export function objectShare(foreground: Uint8Array | null): number {
  if (foreground === null) return 1;
  return foreground.reduce((sum, inside) => sum + inside, 0) / foreground.length;
}

/** Means of zoom x zoom blocks. */
function shrunk(map: Float32Array, { side, zoom }: { side: number; zoom: number }): Float32Array {
  const small = side / zoom;
  const out = new Float32Array(small * small);
  for (let at = 0; at < map.length; at++) {
    const [x, y] = [at % side, Math.floor(at / side)];
    out[Math.floor(y / zoom) * small + Math.floor(x / zoom)]! += map[at]! / (zoom * zoom);
  }
  return out;
}

/** A square of a map, [regionPx, regionPx]. */
function cropped(
  map: Float32Array,
  { left, top, sizePx, regionPx }: Region & { sizePx: number; regionPx: number },
): Float32Array {
  const out = new Float32Array(regionPx * regionPx);
  for (let y = 0; y < regionPx; y++) {
    const from = (top + y) * sizePx + left;
    out.set(map.subarray(from, from + regionPx), y * regionPx);
  }
  return out;
}

/** The mean of the middle two where their number is even. */
function median(values: Float32Array): number {
  const sorted = values.toSorted();
  const middle = sorted.length / 2;
  return (sorted[Math.ceil(middle) - 1]! + sorted[Math.floor(middle)]!) / 2;
}

function floats(tensor: Tensor): Float32Array<ArrayBuffer> {
  return tensor.data as Float32Array<ArrayBuffer>;
}

function checkSizes({ image }: ClipAdaModel, { sizePx, windowPx, refinement }: DetectionParams): void {
  const multiple = inputMultiplePx(image);
  const sides: [string, number][] = [["sizePx", sizePx]];
  if (windowPx > 0) sides.push(["windowPx", windowPx]);
  if (refinement.maxObjectShare > 0) sides.push(["refinement.regionPx · zoom", refinement.regionPx * refinement.zoom]);
  const wrong = sides.find(([, side]) => side % multiple !== 0);
  const large = [windowPx, refinement.maxObjectShare > 0 ? refinement.regionPx : 0].find((side) => side > sizePx);
  if (!wrong && large === undefined) return;
  throw new SpecError({
    code: "IMAGE_SIZE",
    message: wrong ? `The image tower cannot divide ${wrong[0]} into patches` : "A window is larger than the image",
    expected: wrong ? `a multiple of ${multiple}` : `at most ${sizePx}`,
    got: String(wrong ? wrong[1] : large),
  });
}
