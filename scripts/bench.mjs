// `npm run bench -- <name> [options]`: the benchmarks, each a file bench/<name>.ts of some package.
import { spawnSync } from "node:child_process";
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { allocation } from "./allocation.mjs";
import { installDependencies, requireNode, root } from "./install.mjs";

requireNode();
await installDependencies();
const [name, ...options] = process.argv.slice(2);
const benches = new Map(
  ["packages", "apps"].flatMap((folder) =>
    readdirSync(join(root, folder)).flatMap((member) => {
      const bench = join(root, folder, member, "bench");
      if (!existsSync(bench)) return [];
      return readdirSync(bench)
        .filter((file) => file.endsWith(".ts") && !file.includes(".test."))
        .map((file) => [file.replace(/\.ts$/, ""), join(bench, file)]);
    }),
  ),
);
const path = benches.get(name);
if (path === undefined) {
  console.error(
    `npm run bench -- <${[...benches.keys()].sort().join(" | ")}> [--json]${name === undefined ? "" : `; there is no benchmark "${name}"`}`,
  );
  process.exit(2);
}
// As a worker's attempts are run, and any peer that a benchmark starts.
const env = { ...allocation, ...process.env };
const { status } = spawnSync(process.execPath, ["--import", "tsx", path, ...options], {
  cwd: root,
  env,
  stdio: "inherit",
});
process.exit(status ?? 1);
