export interface MapSize {
  width: number;
  height: number;
}

/**
 * Bilinear interpolation with pixel centres at half integers, borders repeated: [from.height, from.width] -> [to.height, to.width].
 * Gives the map itself where it has that size.
 */
export function resizeMap(map: Float32Array, from: MapSize, to: MapSize): Float32Array {
  if (from.width === to.width && from.height === to.height) return map;
  // One name each for what the inner loop reads: it runs once a pixel of every test picture.
  const { first: lefts, second: rights, share: shares } = taps(from.width, to.width);
  const rows = taps(from.height, to.height);
  const { width } = to;
  const out = new Float32Array(width * to.height);
  for (let y = 0; y < to.height; y++) {
    const top = rows.first[y]! * from.width;
    const bottom = rows.second[y]! * from.width;
    const down = rows.share[y]!;
    const start = y * width;
    for (let x = 0; x < width; x++) {
      const [left, right, across] = [lefts[x]!, rights[x]!, shares[x]!];
      const [aboveLeft, belowLeft] = [map[top + left]!, map[bottom + left]!];
      const above = aboveLeft + (map[top + right]! - aboveLeft) * across;
      const below = belowLeft + (map[bottom + right]! - belowLeft) * across;
      out[start + x] = above + (below - above) * down;
    }
  }
  return out;
}

/** The two neighbours of each new place along one axis, and the share of the second. */
function taps(from: number, to: number) {
  const first = new Uint32Array(to);
  const second = new Uint32Array(to);
  const share = new Float32Array(to);
  for (let index = 0; index < to; index++) {
    const place = Math.max(0, ((index + 0.5) * from) / to - 0.5);
    first[index] = Math.min(from - 1, Math.floor(place));
    second[index] = Math.min(from - 1, first[index]! + 1);
    share[index] = place - first[index]!;
  }
  return { first, second, share };
}
