import { createHash } from "node:crypto";
import { createWriteStream } from "node:fs";
import { mkdir, rm } from "node:fs/promises";
import { dirname } from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import type { Artifact } from "@retort/api";
import { CliError } from "../cli-error.ts";
import type { Server } from "../server.ts";

/** Fetches an artifact's bytes to a file. @throws CliError when the server refuses or the bytes are not those it promised */
export async function download(server: Server, artifact: Artifact, path: string): Promise<void> {
  const url = new URL(`/api/artifacts/${artifact.id}/download`, server.url);
  const response = await fetch(url, { headers: { authorization: `Bearer ${server.apiKey}` } });
  if (!response.ok || response.body === null) {
    throw new CliError(`${artifact.fileName} cannot be downloaded: ${response.status} ${await response.text()}`);
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
  if (sha256 === artifact.sha256) return;
  await rm(path, { force: true });
  throw new CliError(`${artifact.fileName} arrived damaged: expected sha256 ${artifact.sha256}, got ${sha256}`);
}
