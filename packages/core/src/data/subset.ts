import { z } from "zod";
import { DataError } from "../base/errors.ts";
import { Rng } from "../base/rng.ts";
import type { VqaSplit } from "./dataset.ts";

export const subsetParam = z
  .strictObject({
    numImages: z.int().min(1).describe("Pictures that are drawn, evenly over the classes where the data says them"),
    seed: z.int().nonnegative().describe("Seed of the draw; smaller draws of one seed are parts of larger ones"),
  })
  .nullable()
  .default(null)
  .describe("A part of the train split to learn from; empty: all of it");

export type Subset = z.infer<typeof subsetParam>;

/** The split with only the pictures drawn, in the split's order. @throws DataError when it has fewer than are asked for */
export function subsetOf(split: VqaSplit, subset: Subset): VqaSplit {
  if (subset === null) return split;
  const { numImages, seed } = subset;
  if (numImages > split.imageIds.length) {
    throw new DataError({
      code: "DATA_TOO_FEW_IMAGES",
      message: "There are fewer pictures than are to be drawn",
      expected: `${numImages}`,
      got: `${split.imageIds.length}`,
      where: `the ${split.name} split`,
      fix: "Draw fewer, or leave the draw empty to take all.",
    });
  }
  const rng = Rng.fromSeed(seed).stream("subset");
  const classOf = (id: string) => split.label?.(id) ?? "";
  const classes = [...new Set(split.imageIds.map(classOf))];
  const shuffled = classes.map((name) => rng.stream(name).shuffle(split.imageIds.filter((id) => classOf(id) === name)));
  const turns = Math.max(...shuffled.map(({ length }) => length));
  const inTurn = Array.from({ length: turns }, (_, turn) => shuffled.flatMap((ids) => ids[turn] ?? []));
  const drawn = new Set(inTurn.flat().slice(0, numImages));
  return {
    ...split,
    imageIds: split.imageIds.filter((id) => drawn.has(id)),
    records: split.records.filter(({ imageId }) => drawn.has(imageId)),
  };
}
