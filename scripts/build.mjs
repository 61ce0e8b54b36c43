import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { root } from "./install.mjs";

const stamp = join(root, "apps/web/.next/.retort-inputs-sha256");

/** Builds the dashboard unless what it is made from has not changed since the last build. @returns whether it did */
export async function buildDashboard({ log = console.log } = {}) {
  const key = inputsKey();
  if (existsSync(stamp) && readFileSync(stamp, "utf8") === key) return false;
  log("Building the dashboard ...");
  const output = await turbo(["run", "build", "--filter=@retort/web", "--output-logs=errors-only"]);
  if (output !== null) throw new Error(`The dashboard could not be built:\n${output}`);
  mkdirSync(join(root, "apps/web/.next"), { recursive: true });
  writeFileSync(stamp, key);
  return true;
}

/** Sizes and times are enough here: Turborepo looks at the contents when they differ. */
function inputsKey() {
  const hash = createHash("sha256");
  const folders = ["apps/web", "packages"].map((folder) => join(root, folder));
  for (const path of [join(root, "package-lock.json"), ...folders.flatMap(sourceFiles)]) {
    const { size, mtimeMs } = statSync(path);
    hash.update(`${path}\0${size}\0${mtimeMs}\n`);
  }
  return hash.digest("hex");
}

function sourceFiles(folder) {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    if (["node_modules", ".next", ".turbo", "test", "bench"].includes(entry.name) || entry.name.endsWith(".test.ts"))
      return [];
    if (entry.name === "next-env.d.ts" || entry.name.endsWith(".tsbuildinfo")) return [];
    const path = join(folder, entry.name);
    return entry.isDirectory() ? sourceFiles(path) : [path];
  });
}

function turbo(args) {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [join(root, "node_modules/turbo/bin/turbo"), ...args], {
      cwd: root,
      env: { ...process.env, TURBO_TELEMETRY_DISABLED: "1", NEXT_TELEMETRY_DISABLED: "1", DO_NOT_TRACK: "1" },
      stdio: ["ignore", "pipe", "pipe"],
    });
    let output = "";
    for (const stream of [child.stdout, child.stderr]) stream.on("data", (chunk) => (output += chunk));
    child.on("error", reject);
    child.on("close", (code) => resolve(code === 0 ? null : output));
  });
}
