import { describe, expect, it } from "vitest";
import { candidateRegions, slidingWindows } from "./regions.ts";

describe("candidateRegions", () => {
  it("takes the highest peaks, each outside of the regions before it, inside the image", () => {
    const map = new Float32Array(12 * 10);
    map[0] = 5; // top left corner
    map[1] = 4.9; // in the same region
    map[9 * 12 + 11] = 3; // bottom right corner
    const regions = candidateRegions(map, { width: 12, height: 10, numRegions: 2, regionPx: 4 });
    expect(regions).toEqual([
      { left: 0, top: 0 },
      { left: 8, top: 6 },
    ]);
  });

  it("gives fewer where regions cover everything, and knows negative maps", () => {
    const regions = candidateRegions(new Float32Array(16).fill(-3), {
      width: 4,
      height: 4,
      numRegions: 5,
      regionPx: 4,
    });
    expect(regions).toEqual([{ left: 0, top: 0 }]);
  });
});

describe("slidingWindows", () => {
  it("overlaps by half and ends at the border", () => {
    expect(slidingWindows({ width: 10, height: 4, windowPx: 4 }).map(({ left }) => left)).toEqual([0, 2, 4, 6]);
    expect(slidingWindows({ width: 4, height: 4, windowPx: 4 })).toEqual([{ left: 0, top: 0 }]);
    expect(slidingWindows({ width: 7, height: 4, windowPx: 4 }).at(-1)).toEqual({ left: 3, top: 0 });
  });
});
