// [node]
import { createHash } from "node:crypto";
import { createReadStream, createWriteStream } from "node:fs";
import { mkdir, rename, rm, stat } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import {
  downloadFile,
  type FileDownloadInfoOutput,
  fileDownloadInfo,
  HubApiError,
  listFiles,
  modelInfo,
} from "@huggingface/hub";
import { DataError } from "../../base/errors.ts";

export interface HubOptions {
  /** Where files are kept. */
  dir: string;
  /** Another hub than the library's own. */
  hubUrl?: string | undefined;
  accessToken?: string | undefined;
  signal?: AbortSignal;
  /** Called as bytes arrive. */
  progress?: (path: string, doneBytes: number, totalBytes: number) => void;
}

export interface HubRepository {
  id: string;
  /** Branch, tag or commit. */
  revision: string;
}

/** A model's files on a hub, by its own library: fetched once, resumed where a download broke off, checked against the hub's checksums. */
export class Hub {
  readonly #options: HubOptions;

  constructor(options: HubOptions) {
    this.#options = options;
  }

  /**
   * The commit that a revision names now; a commit names itself, without a network.
   * @throws DataError DATA_HUB_UNREACHABLE, DATA_HUB_REFUSED
   */
  async commitOf({ id, revision }: HubRepository): Promise<string> {
    if (/^[0-9a-f]{40}$/.test(revision)) return revision;
    const info = await this.#ask(id, () =>
      modelInfo({ ...this.#access(), name: id, revision, additionalFields: ["sha"] }),
    );
    return info.sha;
  }

  /** Paths of all files. */
  async files({ id, revision }: HubRepository): Promise<string[]> {
    return this.#ask(id, async () => {
      const paths: string[] = [];
      for await (const { type, path } of listFiles({ ...this.#access(), repo: id, revision, recursive: true }))
        if (type === "file") paths.push(path);
      return paths;
    });
  }

  /**
   * The file on this machine; null when the repository has none of that name.
   * @throws DataError when the hub is not reached or refuses, or what arrived is not what it announced
   */
  async file(repository: HubRepository, path: string): Promise<string | null> {
    const { id } = repository;
    const commit = await this.commitOf(repository);
    const target = this.#pathOf(id, commit, path);
    if ((await sizeOf(target)) !== null) return target;
    const where = `${id}@${commit}/${path}`;
    const wanted = { ...this.#access(), repo: id, revision: commit, path };
    const info = await this.#ask(id, () => fileDownloadInfo(wanted));
    if (info === null) return null;
    const part = `${target}.part`;
    await mkdir(dirname(target), { recursive: true });
    await this.#ask(id, () => this.#download(wanted, info, part));
    await checkFile(part, info, where);
    await rename(part, target);
    return target;
  }

  async #download(
    wanted: Parameters<typeof downloadFile>[0],
    info: FileDownloadInfoOutput,
    part: string,
  ): Promise<void> {
    const { signal, progress } = this.#options;
    // What an earlier attempt left is kept: the rest is asked for from there on.
    const have = (await sizeOf(part)) ?? 0;
    const start = have <= info.size ? have : 0;
    const blob = await downloadFile({ ...wanted, downloadInfo: info });
    if (blob === null || start === info.size) return;
    let done = start;
    await pipeline(
      Readable.fromWeb(blob.slice(start, info.size).stream() as never),
      async function* (chunks: AsyncIterable<Uint8Array>) {
        for await (const chunk of chunks) {
          done += chunk.length;
          progress?.(wanted.path, done, info.size);
          yield chunk;
        }
      },
      createWriteStream(part, { flags: start > 0 ? "a" : "w" }),
      { signal },
    );
  }

  #pathOf(id: string, commit: string, path: string): string {
    const folder = join(resolve(this.#options.dir), id.replace("/", "--"), commit);
    const target = resolve(folder, path);
    if (target.startsWith(folder)) return target;
    throw new DataError({
      code: "DATA_HUB_PATH",
      message: "A file name leads out of its repository",
      got: path,
      where: id,
    });
  }

  #access() {
    const { hubUrl, accessToken, signal } = this.#options;
    return {
      ...(hubUrl !== undefined && { hubUrl }),
      ...(accessToken !== undefined && { accessToken }),
      fetch: (url: string | URL | Request, init?: RequestInit) => fetch(url, { ...init, ...(signal && { signal }) }),
    };
  }

  async #ask<T>(id: string, question: () => Promise<T>): Promise<T> {
    try {
      return await question();
    } catch (cause) {
      this.#options.signal?.throwIfAborted();
      if (cause instanceof DataError) throw cause;
      throw hubError(id, cause);
    }
  }
}

function hubError(id: string, cause: unknown): DataError {
  const refused = cause instanceof HubApiError;
  const reason = cause instanceof Error && cause.cause instanceof Error ? cause.cause : cause;
  return new DataError({
    code: refused ? "DATA_HUB_REFUSED" : "DATA_HUB_UNREACHABLE",
    message: refused ? "The model hub refuses" : "The model hub cannot be reached, or broke off",
    expected: refused ? "a public repository, or HF_TOKEN of somebody who may read it" : "a network on this machine",
    got: reason instanceof Error ? reason.message : String(reason),
    where: `hub:${id}`,
    fix: refused
      ? "Check the name and the revision."
      : "Try again: what has arrived is kept. Without a network, copy the files here and give their folder as a path.",
    cause,
  });
}

/** The hub's checksum is the sha256 of a large file, and git's sha1 of a small one. */
async function checkFile(path: string, { etag, size }: FileDownloadInfoOutput, where: string): Promise<void> {
  const expected = etag.replace(/^W\//, "").replaceAll('"', "");
  const got = expected.length === 64 ? await digest(path, "sha256") : await digest(path, "sha1", `blob ${size}\0`);
  const known = /^([0-9a-f]{40}|[0-9a-f]{64})$/.test(expected);
  if (known ? got === expected : (await sizeOf(path)) === size) return;
  await rm(path, { force: true });
  throw new DataError({
    code: "DATA_HUB_CHECKSUM",
    message: "A downloaded file is not what the hub announced",
    expected: known ? expected : `${size} bytes`,
    got,
    where,
    fix: "Try again; the damaged file has been removed.",
  });
}

async function digest(path: string, algorithm: "sha1" | "sha256", before = ""): Promise<string> {
  const hash = createHash(algorithm).update(before);
  await pipeline(createReadStream(path), hash);
  return hash.digest("hex");
}

async function sizeOf(path: string): Promise<number | null> {
  try {
    return (await stat(path)).size;
  } catch {
    return null;
  }
}
