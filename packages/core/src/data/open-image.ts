// [node]
import { readFile } from "node:fs/promises";
import { decode } from "bmp-ts";
import sharp, { type Sharp } from "sharp";
import type { ImageSource } from "./dataset.ts";

/**
 * The image as sharp sees it, not yet decoded. sharp reads no BMP, in which some industrial sets come (BTAD): those are decoded
 * here, without their fourth channel, which few programs fill. @throws Error from reading or from the BMP decoder
 */
export async function openImage(source: ImageSource): Promise<Sharp> {
  if (source.kind === "rgb") {
    return sharp(source.data, { raw: { width: source.width, height: source.height, channels: 3 } });
  }
  if (source.kind === "file" && /\.bmp$/i.test(source.path)) return openBmp(await readFile(source.path));
  if (source.kind === "encoded" && isBmp(source.bytes)) return openBmp(source.bytes);
  // "truncated" is refused by each of sharp's levels but "none"; warnings are not the picture's fault.
  return sharp(source.kind === "file" ? source.path : source.bytes, { failOn: "error" });
}

const isBmp = (bytes: Uint8Array) => bytes[0] === 0x42 && bytes[1] === 0x4d;

function openBmp(bytes: Uint8Array): Sharp {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  const { data, width, height, bitPP, offset, compression } = decode(buffer, { toRGBA: true });
  const numBytes = Math.ceil((bitPP * width) / 32) * 4 * height;
  // The decoder fills what is missing with zeros.
  if (compression === 0 && offset + numBytes > bytes.length) {
    throw new Error(`BMP ends early: expected ${offset + numBytes} bytes`);
  }
  // sharp lays an image on its background before it takes the fourth channel away, however the calls are ordered.
  const rgb = Uint8Array.from({ length: width * height * 3 }, (_, at) => data[Math.floor(at / 3) * 4 + (at % 3)]!);
  return sharp(rgb, { raw: { width, height, channels: 3 } });
}
