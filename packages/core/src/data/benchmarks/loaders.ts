// [node]
import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import { z } from "zod";
import { type BenchmarkParams, benchmarkReference } from "./definitions.ts";
import { loadGqa } from "./gqa.ts";
import { loadMmbench } from "./mmbench.ts";
import { loadMme } from "./mme.ts";
import { loadMmmu } from "./mmmu.ts";
import { loadPope } from "./pope.ts";
import type { BenchmarkName, BenchmarkTruths, LoadedBenchmark } from "./question.ts";
import { loadScienceqa } from "./scienceqa.ts";
import { loadTextvqa } from "./textvqa.ts";
import { loadVizwiz } from "./vizwiz.ts";
import { loadVqav2 } from "./vqav2.ts";

type Loaders = {
  readonly [N in BenchmarkName]: (params: BenchmarkParams<N>) => Promise<LoadedBenchmark<BenchmarkTruths[N]>>;
};

const loaders: Loaders = {
  vqav2: loadVqav2,
  gqa: loadGqa,
  vizwiz: loadVizwiz,
  scienceqa: loadScienceqa,
  textvqa: loadTextvqa,
  mme: loadMme,
  mmbench: (params) => loadMmbench(params, "en"),
  "mmbench-cn": (params) => loadMmbench(params, "cn"),
  pope: loadPope,
  mmmu: loadMmmu,
};

/** @throws DataError for a file that is missing or of another form, and for a bad question unless they are skipped */
export function loadBenchmark<N extends BenchmarkName>(
  name: N,
  params: BenchmarkParams<N>,
): Promise<LoadedBenchmark<BenchmarkTruths[N]>> {
  return loaders[name](params);
}

/** Hash over the question files' bytes, and over the names and sizes in picture folders; no picture is read. */
export async function fingerprintBenchmarks(references: unknown): Promise<string> {
  const hash = createHash("sha256");
  for (const { benchmark, params } of z.array(benchmarkReference).parse(references)) {
    hash.update(`${benchmark}\0`);
    for (const [key, value] of Object.entries(params).sort(([a], [b]) => (a < b ? -1 : 1))) {
      if (key === "onBadRecord" || key === "split" || key === "rotations") hash.update(`${key}=${value}\0`);
      else await addPath(hash, { key, path: value as string });
    }
  }
  return hash.digest("hex");
}

async function addPath(
  hash: ReturnType<typeof createHash>,
  { key, path }: { key: string; path: string },
): Promise<void> {
  const stats = await stat(path).catch(() => null);
  if (stats === null) return void hash.update(`${key} is missing\0`);
  if (stats.isFile()) {
    hash.update(`${key}\0`);
    await pipeline(createReadStream(path), async (chunks: AsyncIterable<Uint8Array>) => {
      for await (const chunk of chunks) hash.update(chunk);
    });
    return;
  }
  for (const name of (await readdir(path, { recursive: true })).sort()) {
    const inner = await stat(join(path, name));
    if (inner.isFile()) hash.update(`${key}/${name} ${inner.size}\0`);
  }
}
