// [node]
import { DataError } from "../../base/errors.ts";
import type { ImageSource } from "../dataset.ts";
import { openImage } from "../open-image.ts";

/** Which pixels of one picture are anomalous, row-major [height, width], 1 or 0. */
export interface Mask {
  data: Uint8Array<ArrayBuffer>;
  width: number;
  height: number;
}

/**
 * Reads a mask: a pixel with any colour other than black is anomalous, whatever the bit depth; transparency does not count.
 * @throws DataError DATA_CORRUPT_MASK naming the file.
 */
export async function decodeMask(source: ImageSource): Promise<Mask> {
  try {
    const image = await openImage(source);
    const { depth, space } = await image.metadata();
    // 8 bits would round a 16-bit class number to nothing.
    const wide = depth !== "uchar" && source.kind !== "rgb";
    const grey = space === "b-w" || space === "grey16";
    const upright = image
      .autoOrient()
      .removeAlpha()
      .toColourspace(wide ? "rgb16" : "srgb");
    // Grey has three channels alike by now: taking one is quicker than to convert to grey.
    const { data, info } = await (grey ? upright.extractChannel(0) : upright)
      .raw({ depth: wide ? "ushort" : "uchar" })
      .toBuffer({ resolveWithObject: true });
    const { width, height, channels } = info;
    const values = wide ? new Uint16Array(data.buffer, data.byteOffset, data.length / 2) : data;
    const mask = new Uint8Array(width * height);
    for (let at = 0; at < values.length; at++) if (values[at] !== 0) mask[Math.floor(at / channels)] = 1;
    return { data: mask, width, height };
  } catch (cause) {
    throw new DataError({
      code: "DATA_CORRUPT_MASK",
      message: "A mask cannot be decoded",
      expected: "a complete PNG, BMP, TIFF or other image",
      got: cause instanceof Error ? cause.message.split("\n")[0] : String(cause),
      where: source.kind === "file" ? source.path : source.label,
      cause,
    });
  }
}
