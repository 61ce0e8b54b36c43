// [node]
import { createHash } from "node:crypto";
import { readFile, stat } from "node:fs/promises";
import { forEachConcurrently } from "../concurrently.ts";
import type { ImageSource } from "../dataset.ts";
import type { ListedCategory } from "./listing.ts";

/** Hash over ids, sizes of pictures and contents of masks: a corrected mask is other data, whatever its size. 64 hex digits. */
export async function fingerprintListing(heading: string, categories: readonly ListedCategory[]): Promise<string> {
  const lines: { text: string; source: ImageSource | null; isMask: boolean }[] = [];
  for (const { train, test, isGenerated } of categories) {
    if (isGenerated) {
      for (const { imageId } of [...train, ...test]) lines.push({ text: imageId, source: null, isMask: false });
      continue;
    }
    for (const image of train) lines.push({ text: image.imageId, source: image.image(), isMask: false });
    for (const image of test) {
      lines.push({ text: `${image.imageId} ${image.defect}`, source: image.image(), isMask: false });
      const mask = image.mask();
      if (mask !== null) lines.push({ text: `${image.imageId} mask`, source: mask, isMask: true });
    }
  }
  const digests: string[] = [];
  await forEachConcurrently(lines, undefined, async ({ source, isMask }, index) => {
    digests[index] = await digestOf(source, isMask);
  });
  const hash = createHash("sha256").update(`${heading}\n`);
  lines.forEach(({ text }, index) => {
    hash.update(`${text} ${digests[index]}\n`);
  });
  return hash.digest("hex");
}

async function digestOf(source: ImageSource | null, isMask: boolean): Promise<string> {
  if (source?.kind !== "file") return "generated";
  if (!isMask) return String((await stat(source.path)).size);
  return createHash("sha256")
    .update(await readFile(source.path))
    .digest("hex");
}
