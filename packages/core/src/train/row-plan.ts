import type { Rng } from "../base/rng.ts";

export const rowOrders = ["shuffled", "by-modality-and-length"] as const;
export type RowOrder = (typeof rowOrders)[number];

export interface RowPlanOptions {
  /** Slots of each conversation. */
  lengths: Uint32Array;
  /** Pictures of each. */
  images: Uint32Array;
  numTokens: number;
  imagesPerRow: number;
  /** Several conversations a row, kept apart by the mask; else one. */
  packed: boolean;
  order: RowOrder;
  /** Rows of a step: what is grouped by length. */
  batchSize: number;
  /** Rows, fewer than batchSize, that the epoch before has left in the step with which this one begins. */
  numBegun: number;
}

/** How many rows are held open while conversations are packed: more waste less and cost more time. */
const OPEN_ROWS = 32;

/** The rows of one epoch: every conversation once, in an order that the stream decides. */
export function planRows(options: RowPlanOptions, rng: Rng): number[][] {
  const { lengths, order } = options;
  const shuffled = rng.shuffle(Uint32Array.from({ length: lengths.length }, (_, index) => index));
  const rows = options.packed ? packedRows(shuffled, options) : [...shuffled].map((index) => [index]);
  return order === "shuffled" ? rows : grouped(rows, { ...options, rng });
}

/** First fit into the rows held open; a row that is full, or the fullest when there are too many, is closed. */
function packedRows(order: Uint32Array, { lengths, images, numTokens, imagesPerRow }: RowPlanOptions): number[][] {
  const closed: number[][] = [];
  let open: { members: number[]; tokens: number; images: number }[] = [];
  for (const index of order) {
    const [tokens, pictures] = [lengths[index]!, images[index]!];
    const row = open.find((each) => each.tokens + tokens <= numTokens && each.images + pictures <= imagesPerRow);
    if (row !== undefined) {
      row.members.push(index);
      row.tokens += tokens;
      row.images += pictures;
      continue;
    }
    if (open.length === OPEN_ROWS) {
      const fullest = open.reduce((best, each) => (each.tokens > best.tokens ? each : best));
      closed.push(fullest.members);
      open = open.filter((each) => each !== fullest);
    }
    open.push({ members: [index], tokens, images: pictures });
  }
  return [...closed, ...open.map(({ members }) => members)];
}

/**
 * Batches of one modality and of similar length, in shuffled order. Source: LLaVA, group_by_modality_length: batches of fifty
 * are sorted by length within themselves, batches are shuffled, and each modality's incomplete one stands at the end, where it
 * moves no other out of step. Steps go on over the end of an epoch here, so rows that complete the last one come first.
 */
function grouped(
  rows: readonly number[][],
  { lengths, images, batchSize, numBegun, rng }: RowPlanOptions & { rng: Rng },
): number[][] {
  const total = (row: readonly number[], of: Uint32Array) => row.reduce((sum, index) => sum + of[index]!, 0);
  const completing = rows.slice(0, numBegun > 0 ? batchSize - numBegun : 0);
  const others = rows.slice(completing.length);
  const withPictures = others.filter((row) => total(row, images) > 0);
  const textOnly = others.filter((row) => total(row, images) === 0);
  const batches = [withPictures, textOnly].flatMap((modality) => {
    const found: number[][][] = [];
    for (let first = 0; first < modality.length; first += BATCHES_SORTED_TOGETHER * batchSize) {
      const some = modality.slice(first, first + BATCHES_SORTED_TOGETHER * batchSize);
      some.sort((a, b) => total(b, lengths) - total(a, lengths));
      for (let i = 0; i < some.length; i += batchSize) found.push(some.slice(i, i + batchSize));
    }
    return found;
  });
  const whole = rng.shuffle(batches.filter(({ length }) => length === batchSize));
  const incomplete = batches.filter(({ length }) => length < batchSize);
  return [...completing, ...whole.flat(), ...incomplete.flat()];
}

const BATCHES_SORTED_TOGETHER = 50;
