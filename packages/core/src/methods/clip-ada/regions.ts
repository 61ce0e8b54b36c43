export interface Region {
  left: number;
  top: number;
}

export interface RegionOptions {
  width: number;
  height: number;
  numRegions: number;
  /** Side of a square region; at most width and height. */
  regionPx: number;
}

/**
 * Where a map [height, width] is highest: a region around the highest pixel, then around the highest outside of it, and so
 * on; regions lie inside the image. A cheap non-maximum suppression; ours, since the paper leaves refinement open.
 */
export function candidateRegions(map: Float32Array, { width, height, numRegions, regionPx }: RegionOptions): Region[] {
  const covered = new Uint8Array(map.length);
  const regions: Region[] = [];
  while (regions.length < numRegions) {
    let best = -1;
    for (let at = 0; at < map.length; at++) {
      if (covered[at] === 0 && (best < 0 || map[at]! > map[best]!)) best = at;
    }
    if (best < 0) break;
    const start = (center: number, size: number) =>
      Math.min(size - regionPx, Math.max(0, center - Math.floor(regionPx / 2)));
    const region = { left: start(best % width, width), top: start(Math.floor(best / width), height) };
    for (let y = region.top; y < region.top + regionPx; y++) {
      covered.fill(1, y * width + region.left, y * width + region.left + regionPx);
    }
    regions.push(region);
  }
  return regions;
}

/** Corners of windows of one side that cover the image and overlap by half; the last one ends at the border. */
export function slidingWindows({
  width,
  height,
  windowPx,
}: {
  width: number;
  height: number;
  windowPx: number;
}): Region[] {
  const starts = (size: number) => {
    const step = Math.max(1, Math.floor(windowPx / 2));
    const last = Math.max(0, size - windowPx);
    const found: number[] = [];
    for (let start = 0; start < last; start += step) found.push(start);
    return [...found, last];
  };
  return starts(height).flatMap((top) => starts(width).map((left) => ({ left, top })));
}
