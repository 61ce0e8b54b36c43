import { DataError } from "../../base/errors.ts";

/** An image of floats, row-major [height, width, channels]. */
export interface FloatImage {
  data: Float32Array<ArrayBuffer>;
  width: number;
  height: number;
  channels: number;
}

export interface Rectangle {
  /** Columns and rows of the top left corner. */
  x: number;
  y: number;
  width: number;
  height: number;
}

export interface Blend {
  image: FloatImage;
  /** What shows through, of the image's size. */
  source: FloatImage;
  /** Weight of the blend in [0, 1], [height, width]. */
  mask: Float32Array;
  /** Share of the image that remains inside the mask. */
  beta: number;
}

/** (1 - M) I + M ((1 - beta) A + beta I): a texture laid over an image. Source: DRAEM. @throws DataError for other sizes. */
export function blend({ image, source, mask, beta }: Blend): FloatImage {
  requireSize(source.data.length, image.data.length, "source");
  requireSize(mask.length, image.width * image.height, "mask");
  const data = image.data.map((value, at) => {
    const weight = mask[Math.floor(at / image.channels)]!;
    return (1 - weight) * value + weight * ((1 - beta) * source.data[at]! + beta * value);
  });
  return { ...image, data };
}

export interface AnomalyMask {
  /** 1 inside the anomaly, [height, width]. */
  mask: Uint8Array<ArrayBuffer>;
  /** Share of pixels inside. */
  areaFraction: number;
}

/** Pixels whose noise exceeds the threshold (strictly), on the foreground only where one is given. Source: DRAEM, RealNet. */
export function thresholdMask(noise: Float32Array, threshold: number, foreground?: Uint8Array): AnomalyMask {
  if (foreground) requireSize(foreground.length, noise.length, "foreground");
  const mask = Uint8Array.from(noise, (value, at) => Number(value > threshold && foreground?.[at] !== 0));
  const numInside = mask.reduce((sum, value) => sum + value, 0);
  return { mask, areaFraction: numInside / mask.length };
}

export interface CutPaste {
  source: Rectangle;
  /** Where the top left corner of the turned patch goes; the patch is clipped at the border. */
  target: { x: number; y: number };
  /** Quarter turns counter-clockwise. */
  quarterTurns: number;
}

/**
 * Copies a rectangle, turns it and pastes it elsewhere; the patch is read from the image as it was. Source: CutPaste.
 * @throws DataError for a source rectangle that is not inside the image.
 */
export function cutPaste(
  image: FloatImage,
  { source, target, quarterTurns }: CutPaste,
): { image: FloatImage; mask: Uint8Array<ArrayBuffer> } {
  const { width, height, channels } = image;
  if (source.x < 0 || source.y < 0 || source.x + source.width > width || source.y + source.height > height) {
    throw new DataError({
      code: "DATA_PATCH_OUTSIDE",
      message: "The patch to copy is not inside the image",
      expected: `inside ${width} x ${height}`,
      got: `${source.width} x ${source.height} at (${source.x}, ${source.y})`,
    });
  }
  const turns = ((quarterTurns % 4) + 4) % 4;
  const patchWidth = turns % 2 === 0 ? source.width : source.height;
  const patchHeight = turns % 2 === 0 ? source.height : source.width;
  const data = image.data.slice();
  const mask = new Uint8Array(width * height);
  for (let row = 0; row < patchHeight; row++) {
    for (let column = 0; column < patchWidth; column++) {
      const x = target.x + column;
      const y = target.y + row;
      if (x < 0 || y < 0 || x >= width || y >= height) continue;
      const from = unturned({ row, column, turns, source });
      const at = ((source.y + from.row) * width + source.x + from.column) * channels;
      data.set(image.data.subarray(at, at + channels), (y * width + x) * channels);
      mask[y * width + x] = 1;
    }
  }
  return { image: { ...image, data }, mask };
}

/** Where a pixel of the turned patch lay before the counter-clockwise quarter turns. */
function unturned(place: { row: number; column: number; turns: number; source: Rectangle }): {
  row: number;
  column: number;
} {
  const { row, column, turns, source } = place;
  const lastRow = source.height - 1;
  const lastColumn = source.width - 1;
  if (turns === 1) return { row: column, column: lastColumn - row };
  if (turns === 2) return { row: lastRow - row, column: lastColumn - column };
  if (turns === 3) return { row: lastRow - column, column: row };
  return { row, column };
}

function requireSize(got: number, expected: number, name: string): void {
  if (got === expected) return;
  throw new DataError({
    code: "DATA_SIZE",
    message: `The ${name} does not fit the image`,
    expected: `${expected} values`,
    got: `${got} values`,
  });
}
