const DIGIT_BITS = 8;
/** Places for the values of a digit: so few that every one's next address stays in the processor's page table cache. */
const RADIX = 1 << DIGIT_BITS;
const DIGIT_MASK = RADIX - 1;
const NUM_DIGITS = 4;
/** Shorter runs are left to the platform's own sort. */
const SHORT = 512;
/** Runs up to this length are sorted through a buffer of their size; longer ones would need too large a buffer. */
const BUFFERED = 1 << 24;

/**
 * Sorts 32-bit keys in ascending order, in place: many keys are dealt out by their leading digit without a second array, then
 * each share is sorted by its remaining digits through a buffer of at most 64 megabytes.
 */
export function radixSort(keys: Uint32Array, bufferLength = BUFFERED): void {
  sortThrough(keys, new Uint32Array(Math.min(keys.length, bufferLength)));
}

function sortThrough(keys: Uint32Array, buffer: Uint32Array): void {
  if (keys.length <= SHORT) keys.sort();
  else if (keys.length <= buffer.length) sortBuffered(keys, buffer.subarray(0, keys.length));
  else {
    const { lowest, highest } = extent(keys);
    if (lowest === highest) return;
    // Scores in a narrow range share their leading bits: the digit is taken from those that differ.
    const differing = 32 - Math.clz32(lowest ^ highest);
    const shift = Math.max(0, differing - DIGIT_BITS);
    const ends = deal(keys, shift);
    let start = 0;
    for (const end of ends) {
      if (shift > 0 && end - start > 1) sortThrough(keys.subarray(start, end), buffer);
      start = end;
    }
  }
}

function extent(keys: Uint32Array): { lowest: number; highest: number } {
  let lowest = 0xffffffff;
  let highest = 0;
  for (let index = 0; index < keys.length; index++) {
    const key = keys[index]!;
    if (key < lowest) lowest = key;
    if (key > highest) highest = key;
  }
  return { lowest, highest };
}

/**
 * Brings keys that differ only below the digit's upper end into the order of the digit at `shift`, by cycles ("American flag
 * sort", McIlroy, Bostic and McIlroy 1993). Gives the end of each digit's share.
 */
function deal(keys: Uint32Array, shift: number): Uint32Array {
  const counts = new Uint32Array(RADIX);
  for (let index = 0; index < keys.length; index++) counts[(keys[index]! >>> shift) & DIGIT_MASK]!++;
  const next = startsOf(counts);
  const ends = next.map((start, digit) => start + counts[digit]!);
  for (let digit = 0; digit < RADIX; digit++) {
    const end = ends[digit]!;
    while (next[digit]! < end) {
      let key = keys[next[digit]!]!;
      let own = (key >>> shift) & DIGIT_MASK;
      while (own !== digit) {
        const at = next[own]!++;
        const displaced = keys[at]!;
        keys[at] = key;
        key = displaced;
        own = (key >>> shift) & DIGIT_MASK;
      }
      keys[next[digit]!++] = key;
    }
  }
  return ends;
}

/** Least significant digit first, stable. The buffer is as long as the keys. */
function sortBuffered(keys: Uint32Array, buffer: Uint32Array): void {
  let [from, to] = [keys, buffer];
  for (const { shift, next } of digitsThatDiffer(keys)) {
    for (let index = 0; index < from.length; index++) {
      const key = from[index]!;
      to[next[(key >>> shift) & DIGIT_MASK]!++] = key;
    }
    [from, to] = [to, from];
  }
  if (from !== keys) keys.set(from);
}

/** Sorts keys with a companion each, stable. Needs as much memory again. */
export function radixSortPairs(keys: Uint32Array, companions: Uint32Array): void {
  let [from, to]: [Uint32Array, Uint32Array] = [keys, new Uint32Array(keys.length)];
  let [fromCompanions, toCompanions]: [Uint32Array, Uint32Array] = [companions, new Uint32Array(keys.length)];
  for (const { shift, next } of digitsThatDiffer(keys)) {
    for (let index = 0; index < from.length; index++) {
      const key = from[index]!;
      const target = next[(key >>> shift) & DIGIT_MASK]!++;
      to[target] = key;
      toCompanions[target] = fromCompanions[index]!;
    }
    [from, to] = [to, from];
    [fromCompanions, toCompanions] = [toCompanions, fromCompanions];
  }
  if (from === keys) return;
  keys.set(from);
  companions.set(fromCompanions);
}

/** Digits that not all keys share, the lowest first, with the place of each of its values' first key; one reading counts all. */
function digitsThatDiffer(keys: Uint32Array): { shift: number; next: Uint32Array }[] {
  const counts = Array.from({ length: NUM_DIGITS }, () => new Uint32Array(RADIX));
  const [lowest, low, high, highest] = counts as [Uint32Array, Uint32Array, Uint32Array, Uint32Array];
  for (let index = 0; index < keys.length; index++) {
    const key = keys[index]!;
    lowest[key & DIGIT_MASK]!++;
    low[(key >>> 8) & DIGIT_MASK]!++;
    high[(key >>> 16) & DIGIT_MASK]!++;
    highest[key >>> 24]!++;
  }
  return counts.flatMap((count, digit) =>
    count.includes(keys.length) ? [] : [{ shift: digit * DIGIT_BITS, next: startsOf(count) }],
  );
}

function startsOf(counts: Uint32Array): Uint32Array {
  const starts = new Uint32Array(counts.length);
  let start = 0;
  for (let digit = 0; digit < counts.length; digit++) {
    starts[digit] = start;
    start += counts[digit]!;
  }
  return starts;
}
