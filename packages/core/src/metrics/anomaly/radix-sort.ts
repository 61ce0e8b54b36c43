const DIGITS = [
  { shift: 0, mask: 0x7ff },
  { shift: 11, mask: 0x7ff },
  { shift: 22, mask: 0x3ff },
] as const;
const RADIX = 2048;

/**
 * Sorts 32-bit keys in ascending order, in place (least significant digit first, three passes, stable).
 * @param companions moved along with the keys.
 */
export function radixSort(keys: Uint32Array, companions?: Uint32Array): void {
  const histograms = countDigits(keys);
  let from = keys;
  let to: Uint32Array | null = null;
  let fromCompanions = companions;
  let toCompanions: Uint32Array | undefined;
  DIGITS.forEach(({ shift, mask }, pass) => {
    const histogram = histograms.subarray(pass * RADIX, (pass + 1) * RADIX);
    // All keys share this digit: scores in a narrow range save a pass.
    if (keys.length === 0 || histogram[(keys[0]! >>> shift) & mask] === keys.length) return;
    to ??= new Uint32Array(keys.length);
    if (companions) toCompanions ??= new Uint32Array(keys.length);
    scatter({ from, to, fromCompanions, toCompanions, starts: startsOf(histogram), shift, mask });
    [from, to] = [to, from];
    [fromCompanions, toCompanions] = [toCompanions, fromCompanions];
  });
  if (from !== keys) keys.set(from);
  if (companions && fromCompanions && fromCompanions !== companions) companions.set(fromCompanions);
}

function countDigits(keys: Uint32Array): Uint32Array {
  const histograms = new Uint32Array(DIGITS.length * RADIX);
  for (let index = 0; index < keys.length; index++) {
    const key = keys[index]!;
    histograms[key & 0x7ff]!++;
    histograms[RADIX + ((key >>> 11) & 0x7ff)]!++;
    histograms[2 * RADIX + (key >>> 22)]!++;
  }
  return histograms;
}

function startsOf(histogram: Uint32Array): Uint32Array {
  const starts = new Uint32Array(histogram.length);
  let start = 0;
  for (let digit = 0; digit < histogram.length; digit++) {
    starts[digit] = start;
    start += histogram[digit]!;
  }
  return starts;
}

interface Scatter {
  from: Uint32Array;
  to: Uint32Array;
  fromCompanions: Uint32Array | undefined;
  toCompanions: Uint32Array | undefined;
  starts: Uint32Array;
  shift: number;
  mask: number;
}

function scatter({ from, to, fromCompanions, toCompanions, starts, shift, mask }: Scatter): void {
  if (fromCompanions && toCompanions) {
    for (let index = 0; index < from.length; index++) {
      const key = from[index]!;
      const target = starts[(key >>> shift) & mask]!++;
      to[target] = key;
      toCompanions[target] = fromCompanions[index]!;
    }
    return;
  }
  for (let index = 0; index < from.length; index++) {
    const key = from[index]!;
    to[starts[(key >>> shift) & mask]!++] = key;
  }
}
