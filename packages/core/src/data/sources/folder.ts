// [node]
import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { readdir, readFile, stat } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { pipeline } from "node:stream/promises";
import { DataError } from "../../base/errors.ts";
import { readEnv } from "../../env.ts";
import { Hub } from "./hub.ts";
import { parseLocation } from "./location.ts";

/** What reads model files asks of whoever runs it; a stage's context is one. */
export interface SourceHost {
  signal: AbortSignal;
  progress(done: number, total: number, unit: string): void;
}

/** Files of one model, here or on a hub. A location may also be one file of a folder. */
export interface SourceFolder {
  location: string;
  /** The file that the location itself names, or null when it names a folder. */
  named: string | null;
  /** Path of a file on this machine; null when there is none. */
  file(name: string): Promise<string | null>;
  /** Names of all files. */
  names(): Promise<string[]>;
}

/** @throws DataError when the path is missing */
export async function openFolder(location: string, host?: SourceHost): Promise<SourceFolder> {
  const place = parseLocation(location);
  if (place.kind === "hub") {
    const hub = hubFor(host);
    const repository = { id: place.id, revision: await hub.commitOf(place) };
    return {
      location,
      named: null,
      file: (name) => hub.file(repository, name),
      names: () => hub.files(repository),
    };
  }
  const isFile = (await statOf(place.path)).isFile();
  const folder = isFile ? dirname(place.path) : place.path;
  const names = () => readdir(folder);
  return {
    location,
    named: isFile ? basename(place.path) : null,
    names,
    file: async (name) => ((await names()).includes(name) ? join(folder, name) : null),
  };
}

/** @throws DataError when the file is missing */
export async function requireFile(folder: SourceFolder, name: string): Promise<string> {
  const path = await folder.file(name);
  if (path !== null) return path;
  throw new DataError({
    code: "DATA_FILE_MISSING",
    message: "A file of a model is missing",
    expected: name,
    got: (await folder.names()).slice(0, 20).join(", ") || "an empty folder",
    where: folder.location,
  });
}

/** @throws DataError when the file is no JSON object */
export async function readJson(path: string): Promise<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(await readFile(path, "utf8"));
    if (typeof value === "object" && value !== null && !Array.isArray(value)) return value as Record<string, unknown>;
  } catch (cause) {
    if (!(cause instanceof SyntaxError)) throw cause;
  }
  throw new DataError({
    code: "DATA_UNREADABLE_JSON",
    message: "A file is not a JSON object",
    expected: "a JSON object",
    got: "something else",
    where: path,
  });
}

/** One hash of all that a location holds: the commit on a hub, the bytes of a folder's files here. */
export async function fingerprintLocation(location: string): Promise<string> {
  const place = parseLocation(location);
  if (place.kind === "hub") return `hub:${place.id}@${await hubFor().commitOf(place)}`;
  const stats = await statOf(place.path);
  const hash = createHash("sha256");
  const names = stats.isFile() ? [""] : (await readdir(place.path)).sort();
  for (const name of names) {
    const path = join(place.path, name);
    if (!(await statOf(path)).isFile()) continue;
    hash.update(`${name}\0`);
    await pipeline(createReadStream(path), async (chunks: AsyncIterable<Uint8Array>) => {
      for await (const chunk of chunks) hash.update(chunk);
    });
  }
  return hash.digest("hex");
}

function hubFor(host?: SourceHost): Hub {
  const { hubDir, hubUrl, hubToken } = readEnv();
  return new Hub({
    dir: hubDir,
    hubUrl,
    accessToken: hubToken,
    ...(host && {
      signal: host.signal,
      progress: (path, done, total) => host.progress(done / 2 ** 20, total / 2 ** 20, `MiB of ${path}`),
    }),
  });
}

async function statOf(path: string) {
  try {
    return await stat(path);
  } catch (cause) {
    throw new DataError({
      code: "DATA_PATH_MISSING",
      message: "There is nothing at this path",
      expected: "a file or a folder on the machine where the stage runs",
      got: "nothing there",
      where: path,
      cause,
    });
  }
}
