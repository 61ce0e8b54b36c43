// [node]

import type { ImageSource } from "../../data/dataset.ts";
import { decodeImages, encodePng } from "../../data/images.ts";
import { drawHeatMap } from "../anomaly-evaluation/heat-map.ts";
import { type MapSize, resizeMap } from "../anomaly-evaluation/resize-map.ts";
import type { Detection } from "./detection-model.ts";

/** Largest side of a map that waits to be drawn, and of the picture it is drawn beside. */
const KEPT_PX = 96;
const SHOWN_PX = 320;

/** A map that waits until the range of all maps is known. */
export interface KeptMap {
  map: Float32Array;
  size: MapSize;
  /** Shape of the picture. */
  imageSize: MapSize;
}

export const keepMap = ({ map, mapSize, imageSize }: Detection): KeptMap => {
  const size = { width: Math.min(mapSize.width, KEPT_PX), height: Math.min(mapSize.height, KEPT_PX) };
  return { map: resizeMap(map, mapSize, size), size, imageSize };
};

/** The range in which all maps are drawn, so that their colours can be compared: the lowest value and the highest. */
export function rangeOf(maps: readonly KeptMap[]): { lowest: number; highest: number } {
  let [lowest, highest] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const { map } of maps) {
    for (const value of map) {
      if (value < lowest) lowest = value;
      if (value > highest) highest = value;
    }
  }
  return { lowest, highest };
}

/** PNG of picture and heat map side by side. */
export async function heatPng(
  source: ImageSource,
  { map, size, imageSize }: KeptMap,
  range: { lowest: number; highest: number },
): Promise<Uint8Array> {
  const scale = Math.min(1, SHOWN_PX / Math.max(imageSize.width, imageSize.height));
  const shown = {
    width: Math.max(1, Math.round(imageSize.width * scale)),
    height: Math.max(1, Math.round(imageSize.height * scale)),
  };
  const rgb = await decodeImages([source], { sizePx: shown.height, widthPx: shown.width });
  const drawn = drawHeatMap({ rgb, size: shown, map, mapSize: size, mask: null, maskSize: imageSize, range });
  return encodePng(drawn.rgb, drawn.width, drawn.height);
}
