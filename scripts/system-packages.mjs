import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { delimiter, join } from "node:path";

/** What tests need and npm cannot install, programs and data: where each is found, and the Debian package that brings it. */
const programs = {
  redis: { names: ["redis-server"], debian: "redis-server", used: "queue tests on Redis" },
  chromium: { names: ["chromium", "chromium-browser", "google-chrome"], debian: "chromium", used: "browser tests" },
  onnxTests: {
    folder: "/usr/share/libonnx-testdata/data/node",
    debian: "libonnx-testdata",
    used: "ONNX's own node tests",
  },
};

/**
 * Finds programs and data, installing Debian packages for what is missing when run as root.
 * @returns path by key, and a line for each that could not be had
 */
export function systemPrograms({ log = console.log } = {}) {
  const missing = Object.values(programs).filter((program) => find(program) === null);
  if (missing.length > 0 && process.getuid?.() === 0 && find({ names: ["apt-get"] }) !== null) {
    const packages = missing.map(({ debian }) => debian);
    log(`Installing ${packages.join(", ")} (apt-get) ...`);
    apt(["update", "-qq"]);
    apt(["install", "-y", "-qq", "--no-install-recommends", ...packages]);
  }
  if (find(programs.chromium) === null) installPlaywrightChromium(log);
  const paths = Object.fromEntries(Object.entries(programs).map(([key, program]) => [key, find(program)]));
  paths.chromium ??= playwrightChromium();
  const absent = Object.entries(programs)
    .filter(([key]) => paths[key] === null)
    .map(([, { debian, used }]) => `${debian} is not installed: ${used} are skipped`);
  return { paths, absent };
}

function find({ names = [], folder }) {
  if (folder !== undefined) return existsSync(folder) ? folder : null;
  for (const bin of (process.env.PATH ?? "").split(delimiter)) {
    for (const name of names) if (existsSync(join(bin, name))) return join(bin, name);
  }
  return null;
}

function apt(args) {
  spawnSync("apt-get", args, {
    stdio: ["ignore", "ignore", "inherit"],
    env: { ...process.env, DEBIAN_FRONTEND: "noninteractive" },
  });
}

function installPlaywrightChromium(log) {
  log("Downloading Chromium (playwright) ...");
  spawnSync("npx", ["playwright-core", "install", "chromium"], { stdio: "ignore", timeout: 300_000 });
}

function playwrightChromium() {
  const result = spawnSync(
    process.execPath,
    ["-e", 'console.log(require("playwright-core").chromium.executablePath())'],
    { encoding: "utf8" },
  );
  const path = result.stdout.trim();
  return path !== "" && existsSync(path) ? path : null;
}
