import { type MapSize, resizeMap } from "./resize-map.ts";

/** Anchors of matplotlib's "inferno" (CC0): equal steps of the score look equally far apart, also in grey. */
const INFERNO = [0x000004, 0x1f0c48, 0x550f6d, 0x88226a, 0xba3655, 0xe35933, 0xf98e09, 0xf9cb35, 0xfcffa4] as const;
const OUTLINE = [64, 224, 255] as const;
/** Share of the picture's grey that shows through the heat. */
const GREY_SHARE = 0.35;

export interface HeatMap {
  /** 8-bit RGB, [size.height, size.width, 3]. */
  rgb: Uint8Array;
  size: MapSize;
  map: Float32Array;
  mapSize: MapSize;
  /** Nonzero = defect, of maskSize; null where there is none or nothing is known. */
  mask: Uint8Array | null;
  maskSize: MapSize;
  /** Scores that are shown black and white. */
  range: { lowest: number; highest: number };
}

/** Picture and heat map side by side, the defect outlined in both: 8-bit RGB [height, 2 width + gap, 3]. */
export function drawHeatMap(options: HeatMap): { rgb: Uint8Array; width: number; height: number } {
  const { rgb, size, range } = options;
  const { width, height } = size;
  const gap = Math.max(2, Math.round(width / 64));
  const total = 2 * width + gap;
  const out = new Uint8Array(total * height * 3).fill(255);
  const heat = resizeMap(options.map, options.mapSize, size);
  const edge = options.mask === null ? null : outlineOf(options.mask, options.maskSize, size);
  const span = Math.max(range.highest - range.lowest, Number.MIN_VALUE);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const at = y * width + x;
      const pixel = rgb.subarray(at * 3, at * 3 + 3);
      const left = (y * total + x) * 3;
      const right = left + (width + gap) * 3;
      const grey = 0.299 * pixel[0]! + 0.587 * pixel[1]! + 0.114 * pixel[2]!;
      const color = colorOf((heat[at]! - range.lowest) / span);
      for (let channel = 0; channel < 3; channel++) {
        const isEdge = edge?.[at] === 1;
        out[left + channel] = isEdge ? OUTLINE[channel]! : pixel[channel]!;
        out[right + channel] = isEdge ? OUTLINE[channel]! : GREY_SHARE * grey + (1 - GREY_SHARE) * color[channel]!;
      }
    }
  }
  return { rgb: out, width: total, height };
}

/** Red, green, blue in 0 to 255 of a share in [0, 1]; beyond, the nearest end. */
function colorOf(share: number): [number, number, number] {
  const place = Math.min(1, Math.max(0, share)) * (INFERNO.length - 1);
  const first = Math.min(INFERNO.length - 2, Math.floor(place));
  const rest = place - first;
  const channel = (shift: number) => {
    const [a, b] = [(INFERNO[first]! >> shift) & 255, (INFERNO[first + 1]! >> shift) & 255];
    return a + (b - a) * rest;
  };
  return [channel(16), channel(8), channel(0)];
}

/** Pixels just outside the mask at the size shown; a shown pixel is inside where any pixel under it is. */
function outlineOf(mask: Uint8Array, from: MapSize, to: MapSize): Uint8Array {
  const inside = new Uint8Array(to.width * to.height);
  const under = (at: number, shown: number, stored: number) =>
    [Math.floor((at * stored) / shown), Math.ceil(((at + 1) * stored) / shown)] as const;
  for (let y = 0; y < to.height; y++) {
    const [top, bottom] = under(y, to.height, from.height);
    for (let x = 0; x < to.width; x++) {
      const [left, right] = under(x, to.width, from.width);
      for (let row = top; row < bottom; row++) {
        if (mask.subarray(row * from.width + left, row * from.width + right).some((value) => value !== 0)) {
          inside[y * to.width + x] = 1;
        }
      }
    }
  }
  return inside.map((value, at) => {
    if (value !== 0) return 0;
    const [x, y] = [at % to.width, Math.floor(at / to.width)];
    const touches = (dx: number, dy: number) =>
      x + dx >= 0 && x + dx < to.width && y + dy >= 0 && y + dy < to.height && inside[at + dy * to.width + dx] === 1;
    return Number(touches(-1, 0) || touches(1, 0) || touches(0, -1) || touches(0, 1));
  });
}
