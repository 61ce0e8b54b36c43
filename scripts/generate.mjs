// Writes the Prisma client into packages/db/src/generated. Does nothing when its inputs are unchanged.
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const generated = join(root, "packages/db/src/generated");
const stamp = join(generated, ".inputs-sha256");

/** Generates the Prisma client unless the one on disk was made from the same schema, settings and Prisma version. */
export function generate({ force = false } = {}) {
  const require = createRequire(import.meta.url);
  const prisma = require.resolve("prisma/package.json");
  const hash = createHash("sha256");
  const inputs = ["prisma/schema.prisma", "prisma.config.ts", "scripts/generate.mjs"].map((path) => join(root, path));
  for (const path of [...inputs, prisma]) hash.update(readFileSync(path)).update("\0");
  const key = hash.digest("hex");
  if (!force && existsSync(stamp) && readFileSync(stamp, "utf8") === key) return false;

  rmSync(stamp, { force: true });
  const cli = join(dirname(prisma), JSON.parse(readFileSync(prisma, "utf8")).bin.prisma);
  const result = spawnSync(process.execPath, [cli, "generate"], {
    cwd: root,
    encoding: "utf8",
    // The generator never runs the schema engine; naming any program keeps Prisma from downloading it.
    env: {
      ...process.env,
      PRISMA_SCHEMA_ENGINE_BINARY: process.execPath,
      CHECKPOINT_DISABLE: "1",
      PRISMA_HIDE_UPDATE_MESSAGE: "1",
    },
  });
  if (result.status !== 0) {
    throw new Error(`prisma generate failed (exit ${result.status}):\n${result.stdout ?? ""}${result.stderr ?? ""}`);
  }
  writeFileSync(stamp, key);
  return true;
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) {
  const wrote = generate({ force: process.argv.includes("--force") });
  console.log(wrote ? "Prisma client generated" : "Prisma client is up to date");
}
