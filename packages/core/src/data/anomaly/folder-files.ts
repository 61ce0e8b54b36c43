// [node]
import { readdir } from "node:fs/promises";
import { extname, join } from "node:path";
import { DataError } from "../../base/errors.ts";
import type { BadRecords } from "../bad-records.ts";

const IMAGE_EXTENSIONS = new Set([".png", ".jpg", ".jpeg", ".bmp", ".tif", ".tiff", ".webp"]);
/** What operating systems leave in folders of pictures. */
const LITTER = new Set(["thumbs.db", "desktop.ini"]);

/** Picture files of a folder by name without extension, sorted; null when there is no such folder. */
export async function imageFiles(folder: string, bad: BadRecords): Promise<Map<string, string> | null> {
  const entries = await readdir(folder, { withFileTypes: true }).catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return null;
    throw unreadable(folder, error);
  });
  if (entries === null) return null;
  const files = new Map<string, string>();
  for (const { name } of entries.sort((a, b) => (a.name < b.name ? -1 : 1))) {
    if (name.startsWith(".") || LITTER.has(name.toLowerCase())) continue;
    const extension = extname(name);
    const stem = name.slice(0, name.length - extension.length);
    if (!IMAGE_EXTENSIONS.has(extension.toLowerCase())) bad.report(notAnImage(join(folder, name)));
    else if (files.has(stem)) bad.report(twice(join(folder, name), files.get(stem)!));
    else files.set(stem, join(folder, name));
  }
  return files;
}

/** Names of the folders in a folder, sorted. @throws DataError DATA_PATH_MISSING */
export async function subfolders(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { withFileTypes: true }).catch((error: NodeJS.ErrnoException) => {
    throw unreadable(folder, error);
  });
  return entries
    .filter((entry) => (entry.isDirectory() || entry.isSymbolicLink()) && !entry.name.startsWith("."))
    .map(({ name }) => name)
    .sort();
}

export function unreadable(where: string, cause: NodeJS.ErrnoException): DataError {
  return new DataError({
    code: "DATA_PATH_MISSING",
    message: "A folder of the data set cannot be read",
    expected: "a readable folder",
    got: cause.code === "ENOENT" ? "nothing there" : (cause.code ?? cause.message),
    where,
    fix: "Give the path as it is on the worker's machine.",
    cause,
  });
}

function notAnImage(where: string): DataError {
  return new DataError({
    code: "DATA_NOT_AN_IMAGE",
    message: "A file among the pictures is none",
    expected: [...IMAGE_EXTENSIONS].join(", "),
    got: extname(where) || "no extension",
    where,
    fix: 'Remove the file, or set onBadRecord to "skip".',
  });
}

function twice(where: string, first: string): DataError {
  return new DataError({
    code: "DATA_SAME_NAME",
    message: "Two pictures of a folder have the same name, so a mask would fit both",
    expected: "names that differ before the extension",
    got: first,
    where,
    fix: "Rename one of them.",
  });
}
