import { createHash } from "node:crypto";
import { createWriteStream } from "node:fs";
import { mkdir, rm } from "node:fs/promises";
import { dirname } from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { CliError } from "../cli-error.ts";
import type { Server } from "../server.ts";

export interface Downloadable {
  /** Below the server's address: "/api/artifacts/<id>/download". */
  path: string;
  fileName: string;
  sha256: string;
}

/** Fetches an artifact's bytes to a file. @throws CliError when the server refuses or the bytes are not those it promised */
export function download(
  server: Server,
  { id, fileName, sha256 }: { id: string; fileName: string; sha256: string },
  path: string,
): Promise<void> {
  return downloadFrom(server, { path: `/api/artifacts/${id}/download`, fileName, sha256 }, path);
}

/** Fetches bytes whose sha256 is known to a file. @throws CliError when the server refuses or the bytes are not those it promised */
export async function downloadFrom(server: Server, from: Downloadable, path: string): Promise<void> {
  const url = new URL(from.path, server.url);
  const response = await fetch(url, { headers: { authorization: `Bearer ${server.apiKey}` } });
  if (!response.ok || response.body === null) {
    throw new CliError(`${from.fileName} cannot be downloaded: ${response.status} ${await response.text()}`);
  }
  await mkdir(dirname(path), { recursive: true });
  const hash = createHash("sha256");
  await pipeline(
    Readable.fromWeb(response.body as never),
    async function* (chunks: AsyncIterable<Uint8Array>) {
      for await (const chunk of chunks) {
        hash.update(chunk);
        yield chunk;
      }
    },
    createWriteStream(path),
  );
  const sha256 = hash.digest("hex");
  if (sha256 === from.sha256) return;
  await rm(path, { force: true });
  throw new CliError(`${from.fileName} arrived damaged: expected sha256 ${from.sha256}, got ${sha256}`);
}
