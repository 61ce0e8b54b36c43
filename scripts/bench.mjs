// `npm run bench -- <name> [options]`: the benchmarks, each a file bench/<name>.ts of some package.
import { spawnSync } from "node:child_process";
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
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
const { status } = spawnSync(process.execPath, ["--import", "tsx", path, ...options], { cwd: root, stdio: "inherit" });
process.exit(status ?? 1);
