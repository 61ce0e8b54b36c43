// [node]
import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { readFile } from "node:fs/promises";
import { extract } from "tar-stream";
import { canonicalJson } from "../../base/canonical-json.ts";
import { DataError } from "../../base/errors.ts";
import { Rng } from "../../base/rng.ts";
import { drawIndustrial } from "../anomaly/industrial/draw.ts";
import { fingerprintAnomalyData, loadAnomalyTrainData } from "../anomaly/loaders.ts";
import type { ImageSource } from "../dataset.ts";
import { type CaptionParams, type CaptionSource, captionParams } from "./choice.ts";

/** A picture and what it shows, in words. */
export interface CaptionedImage {
  caption: string;
  image(): ImageSource;
}

/** Hash of all sources' content, for content keys. @throws DataError when a source is not there. */
export async function fingerprintCaptions(params: unknown): Promise<string> {
  const { sources } = params as { sources: unknown };
  const parts = await Promise.all(
    captionParams.parse(sources).map(async (source) => {
      if (source.kind === "industrial") return "drawn, version 1";
      if (source.kind === "normal-pictures") return fingerprintAnomalyData(source.data);
      return createHash("sha256")
        .update(await archiveBytes(source.path))
        .digest("hex");
    }),
  );
  return createHash("sha256")
    .update(canonicalJson([captionParams.parse(sources), parts]))
    .digest("hex");
}

/** All pictures of all sources, in a stable order. @throws DataError for a source that is not there or empty. */
export async function loadCaptions(params: CaptionParams, signal: AbortSignal): Promise<CaptionedImage[]> {
  const lists = await Promise.all(params.map((source) => load(source, signal)));
  return lists.flat();
}

async function load(source: CaptionSource, signal: AbortSignal): Promise<CaptionedImage[]> {
  if (source.kind === "industrial") return drawn(source);
  if (source.kind === "labelled-archive") return labelled(source);
  const { categories } = await loadAnomalyTrainData(source.data, signal);
  return categories.flatMap(({ train }) => train);
}

function drawn({
  surfaces,
  defects,
  numImages,
  imageSizePx,
  dataSeed,
}: Extract<CaptionSource, { kind: "industrial" }>) {
  const rng = Rng.fromSeed(dataSeed).stream("captions");
  return surfaces.flatMap((surface) =>
    [null, ...defects].flatMap((defect) =>
      Array.from({ length: numImages }, (_, at): CaptionedImage => {
        const name = `${surface}/${defect ?? "good"}/${at}`;
        const { rgb, caption } = drawIndustrial({ surface, defect, sizePx: imageSizePx, rng: rng.stream(name) });
        return {
          caption,
          image: () => ({ kind: "rgb", width: imageSizePx, height: imageSizePx, data: rgb, label: name }),
        };
      }),
    ),
  );
}

async function labelled(source: Extract<CaptionSource, { kind: "labelled-archive" }>): Promise<CaptionedImage[]> {
  const { path, template, maxPerLabel } = source;
  await archiveBytes(path);
  const images: CaptionedImage[] = [];
  const counts = new Map<string, number>();
  for await (const entry of createReadStream(path).pipe(extract())) {
    const { name } = entry.header;
    const label = name.split("/").at(-2);
    const chunks: Buffer[] = [];
    for await (const chunk of entry) chunks.push(chunk as Buffer);
    const count = counts.get(label ?? "") ?? 0;
    if (label === undefined || chunks.length === 0 || count >= maxPerLabel) continue;
    counts.set(label, count + 1);
    const bytes = Buffer.concat(chunks);
    images.push({
      caption: template.replaceAll("{label}", label.replaceAll(/[_-]+/g, " ")),
      image: () => ({ kind: "encoded", bytes, label: `${path}: ${name}` }),
    });
  }
  if (images.length > 0) return images;
  throw new DataError({
    code: "DATA_EMPTY_ARCHIVE",
    message: "The archive holds no labelled picture",
    expected: "members label/picture",
    got: "none",
    where: path,
  });
}

async function archiveBytes(path: string): Promise<Uint8Array> {
  return readFile(path).catch((cause) => {
    throw new DataError({
      code: "DATA_PATH_MISSING",
      message: "The archive cannot be read",
      expected: "a tar file",
      where: path,
      fix: "Give the path as it is on the worker's machine.",
      cause,
    });
  });
}
