import { readdir, stat } from "node:fs/promises";
import { basename, extname, join, relative } from "node:path";
import { CliError } from "../cli-error.ts";

const EXTENSIONS = new Set([".png", ".jpg", ".jpeg", ".webp", ".tif", ".tiff", ".gif", ".avif", ".bmp"]);

export interface ImageFile {
  path: string;
  /** What it is called in the results: the path inside the folder given, or the file's own name. */
  name: string;
}

/** The picture files that are named, and those in the folders that are named, at any depth. @throws CliError */
export async function listImages(given: readonly string[]): Promise<ImageFile[]> {
  const found: ImageFile[] = [];
  for (const path of given) {
    const entry = await stat(path).catch(() => null);
    if (entry === null) throw new CliError(`${path} does not exist`);
    if (!entry.isDirectory()) found.push({ path, name: basename(path) });
    else {
      const inside = await readdir(path, { recursive: true });
      const images = inside.filter((name) => EXTENSIONS.has(extname(name).toLowerCase())).sort();
      if (images.length === 0) throw new CliError(`${path} holds no picture`, { fix: [...EXTENSIONS].join(", ") });
      for (const name of images) found.push({ path: join(path, name), name: relative(path, join(path, name)) });
    }
  }
  return apart(found);
}

/** Files of one name from different folders get a number each. */
function apart(files: readonly ImageFile[]): ImageFile[] {
  const times = new Map<string, number>();
  return files.map(({ path, name }) => {
    const before = times.get(name) ?? 0;
    times.set(name, before + 1);
    if (before === 0) return { path, name };
    const extension = extname(name);
    return { path, name: `${name.slice(0, name.length - extension.length)} (${before + 1})${extension}` };
  });
}
