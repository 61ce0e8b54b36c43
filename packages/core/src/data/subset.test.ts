import { describe, expect, it } from "vitest";
import { loadDataset } from "./loaders.ts";
import { subsetOf } from "./subset.ts";

const load = async () =>
  (
    await loadDataset(
      { adapter: "scenes", params: { numTrainImages: 40, numTestImages: 1 } },
      new AbortController().signal,
    )
  ).train;

describe("subsetOf", () => {
  it("draws pictures with all their questions, in the split's order", async () => {
    const split = await load();
    const { imageIds, records } = subsetOf(split, { numImages: 10, seed: 4 });
    expect(imageIds).toHaveLength(10);
    expect(imageIds).toEqual(split.imageIds.filter((id) => imageIds.includes(id)));
    expect(records).toEqual(split.records.filter(({ imageId }) => imageIds.includes(imageId)));
  });

  it("draws the same for one seed, smaller draws from larger ones, others for another seed", async () => {
    const split = await load();
    const drawn = (numImages: number, seed: number) => subsetOf(split, { numImages, seed }).imageIds;
    expect(drawn(10, 4)).toEqual(drawn(10, 4));
    expect(drawn(25, 4)).toEqual(expect.arrayContaining([...drawn(10, 4)]));
    expect(drawn(10, 5)).not.toEqual(drawn(10, 4));
  });

  it("draws evenly over the classes where the data says them", async () => {
    const split = { ...(await load()), label: (id: string) => (Number(id) < 30 ? "many" : "few") };
    const { imageIds } = subsetOf(split, { numImages: 10, seed: 1 });
    expect(imageIds.filter((id) => split.label(id) === "few")).toHaveLength(5);
  });

  it("takes everything when nothing is drawn, and refuses more than there is", async () => {
    const split = await load();
    expect(subsetOf(split, null)).toBe(split);
    expect(() => subsetOf(split, { numImages: 41, seed: 1 })).toThrow(/fewer pictures/);
  });
});
