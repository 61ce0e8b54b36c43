// Node's own modules only: this runs before node_modules is there.
import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

export const root = dirname(dirname(fileURLToPath(import.meta.url)));

const lockFile = join(root, "package-lock.json");
const stamp = join(root, "node_modules", ".retort-lock-sha256");

/** Does this Node run what package.json asks for? Prisma takes the supported lines only: 20.19, 22.12, 24 and all that is newer. */
export function takesNode(version) {
  const [major, minor] = version.split(".").map(Number);
  return (major === 20 && minor >= 19) || (major === 22 && minor >= 12) || major >= 24;
}

/** Ends the process with what to do when this Node does not run the project. */
export function requireNode() {
  if (takesNode(process.versions.node)) return;
  console.error(
    `Retort needs Node.js 20.19, 22.12, or 24 and newer; this is ${process.versions.node}. Install one of them and run the command again.`,
  );
  process.exit(1);
}

/** Installs the dependencies that package-lock.json names, unless they are there. @returns whether it did */
export async function installDependencies({ log = console.log } = {}) {
  const wanted = createHash("sha256").update(readFileSync(lockFile)).digest("hex");
  if (existsSync(stamp) && readFileSync(stamp, "utf8") === wanted) return false;
  if (!installedByHand()) {
    log("Installing dependencies (npm ci) ...");
    // npm empties node_modules first and in no order: an old stamp that outlived an interruption would vouch for what is gone.
    rmSync(stamp, { force: true });
    const failure = await npmCi();
    if (failure !== null) {
      console.error(`npm ci failed (${failure}). Its messages stand above; run it by hand to see more.`);
      process.exit(1);
    }
  }
  writeFileSync(stamp, wanted);
  return true;
}

/** Null when all is installed. npm ends with this process: left behind, it would write what the next start empties. */
function npmCi() {
  const endWithParent = new URL("./end-with-parent.mjs", import.meta.url).href;
  const npm = spawn("npm", ["ci", "--no-audit", "--no-fund", "--loglevel=error"], {
    cwd: root,
    env: { ...process.env, NODE_OPTIONS: `${process.env.NODE_OPTIONS ?? ""} --import ${endWithParent}`.trim() },
    stdio: ["ignore", "ignore", "inherit", "ipc"],
    shell: process.platform === "win32",
  });
  return new Promise((resolve) => {
    npm.on("error", ({ message }) => resolve(message));
    npm.on("exit", (code, signal) => resolve(code === 0 ? null : `exit ${code ?? signal}`));
  });
}

/** npm writes node_modules/.package-lock.json last: newer than the lock file, it says that `npm install` was run for it. */
function installedByHand() {
  const hidden = join(root, "node_modules", ".package-lock.json");
  return existsSync(hidden) && statSync(hidden).mtimeMs >= statSync(lockFile).mtimeMs;
}
