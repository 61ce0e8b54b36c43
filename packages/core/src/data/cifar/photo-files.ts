// [node]
import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { readdir, readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import { extract } from "tar-stream";
import { DataError } from "../../base/errors.ts";
import type { ImageSource } from "../dataset.ts";

/** A picture file in a folder that is called after its class. */
export interface PhotoFile {
  className: string;
  /** "dog/0012.jpg" */
  name: string;
  source: ImageSource;
}

const IMAGE_NAME = /^[^/]+\/[^/]+\.(jpe?g|png|webp)$/i;

/** Is the split <path>/<split>.tar, or a folder <path>/<split>? @throws DataError when it is neither. */
async function locate(path: string, split: string): Promise<{ kind: "tar" | "folder"; at: string }> {
  const [tar, folder] = [join(path, `${split}.tar`), join(path, split)];
  if (
    await stat(tar).then(
      (found) => found.isFile(),
      () => false,
    )
  )
    return { kind: "tar", at: tar };
  if (
    await stat(folder).then(
      (found) => found.isDirectory(),
      () => false,
    )
  )
    return { kind: "folder", at: folder };
  throw new DataError({
    code: "DATA_PATH_MISSING",
    message: "The photographs cannot be found",
    expected: `an archive ${split}.tar or a folder ${split}/, with members <class>/<name>.jpg`,
    got: "neither",
    where: path,
    fix: "Give the folder that holds them, as a path on the worker's machine.",
  });
}

/** Hash of an archive's bytes, or of a folder's names and sizes. */
export async function photoFingerprint(path: string, split: string): Promise<string> {
  const { kind, at } = await locate(path, split);
  const hash = createHash("sha256").update(`${kind}\n`);
  if (kind === "tar") return hash.update(await readFile(/* turbopackIgnore: true */ at)).digest("hex");
  for (const name of await namesBelow(at)) hash.update(`${name} ${(await stat(join(at, name))).size}\n`);
  return hash.digest("hex");
}

/**
 * The photographs of a split, sorted by name, and the names of members that are none.
 * @throws DataError for a path that is not there or an archive that is cut short
 */
export async function photoFiles(
  path: string,
  split: string,
  signal: AbortSignal,
): Promise<{ photos: PhotoFile[]; strangers: string[]; where: string }> {
  const { kind, at } = await locate(path, split);
  const files = kind === "tar" ? await membersOf(at, signal) : await filesBelow(at);
  const named = [...files].sort(([a], [b]) => (a < b ? -1 : 1));
  const photos = named
    .filter(([name]) => IMAGE_NAME.test(name))
    .map(([name, source]) => ({ className: name.slice(0, name.indexOf("/")), name, source }));
  return { photos, strangers: named.map(([name]) => name).filter((name) => !IMAGE_NAME.test(name)), where: at };
}

async function membersOf(archive: string, signal: AbortSignal): Promise<Map<string, ImageSource>> {
  const members = new Map<string, ImageSource>();
  const reader = extract();
  reader.on("entry", ({ name, type }, stream, next) => {
    const chunks: Buffer[] = [];
    stream.on("data", (chunk) => chunks.push(chunk as Buffer));
    stream.on("end", () => {
      if (type === "file")
        members.set(name.replace(/^\.\//, ""), {
          kind: "encoded",
          bytes: Buffer.concat(chunks),
          label: `${name} in ${archive}`,
        });
      next();
    });
  });
  try {
    await pipeline(createReadStream(archive), reader, { signal });
  } catch (cause) {
    signal.throwIfAborted();
    throw new DataError({
      code: "DATA_CORRUPT_ARCHIVE",
      message: "The archive of photographs cannot be read to its end",
      expected: "a complete tar archive",
      got: cause instanceof Error ? cause.message : String(cause),
      where: archive,
      fix: "Copy the file again from its source.",
      cause,
    });
  }
  return members;
}

async function filesBelow(folder: string): Promise<Map<string, ImageSource>> {
  const names = await namesBelow(folder);
  return new Map(names.map((name) => [name, { kind: "file", path: join(folder, name) }]));
}

/** Names relative to the folder with "/" between, sorted. */
async function namesBelow(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const prefix = folder.length + 1;
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(prefix).replaceAll("\\", "/"))
    .sort();
}
