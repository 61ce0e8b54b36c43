// `npm test`: everything a change must pass, on a fresh clone as well. The last line is `N passed, N failed[, N skipped]`.
import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { allocation } from "./allocation.mjs";
import { installDependencies, requireNode, root } from "./install.mjs";

requireNode();
await installDependencies();
const { generate } = await import("./generate.mjs");
const { systemPrograms } = await import("./system-packages.mjs");
generate();
const ci = process.env.CI === "true" || process.env.CI === "1";
const { paths, absent } = systemPrograms();
const env = {
  ...process.env,
  ...allocation,
  TURBO_TELEMETRY_DISABLED: "1",
  NEXT_TELEMETRY_DISABLED: "1",
  DO_NOT_TRACK: "1",
  ...(paths.chromium === null ? {} : { CHROMIUM: paths.chromium }),
};
const bin = (name) => join(root, "node_modules/.bin", name);

const totals = { passed: 0, failed: 0, skipped: 0 };
for (const [name, command, args] of [
  ["lint", bin("biome"), ["check", "--error-on-warnings", "."]],
  ["structure", bin("depcruise"), ["--config", ".dependency-cruiser.cjs", "apps", "packages"]],
  ["types", bin("turbo"), ["run", "typecheck", "--output-logs=errors-only"]],
  ["types outside the packages", bin("tsc"), ["-p", "tsconfig.json"]],
]) {
  console.log(`\n== ${name}`);
  totals[(await run(command, args)) === 0 ? "passed" : "failed"]++;
}

console.log("\n== dashboard build");
const { buildDashboard } = await import("./build.mjs");
try {
  await buildDashboard();
  totals.passed++;
} catch (error) {
  console.error(error.message);
  totals.failed++;
}

console.log("\n== tests");
const reports = mkdtempSync(join(tmpdir(), "retort-tests-"));
const reportPath = join(reports, "vitest.json");
const code = await run(bin("vitest"), [
  "run",
  "--reporter=dot",
  "--reporter=json",
  `--outputFile.json=${reportPath}`,
  ...process.argv.slice(2),
]);
try {
  const report = JSON.parse(readFileSync(reportPath, "utf8"));
  const files = report.testResults.filter(
    ({ status, assertionResults }) => status === "failed" && assertionResults.every((test) => test.status !== "failed"),
  );
  totals.passed += report.numPassedTests;
  // A file that fails outside its tests (an import, a hook) counts as one failure.
  totals.failed += report.numFailedTests + files.length;
  const skipped = report.testResults.flatMap(({ assertionResults }) =>
    assertionResults.filter(({ status }) => status === "skipped" || status === "pending"),
  );
  totals.skipped += skipped.length;
  for (const { fullName } of skipped) console.log(`skipped: ${fullName}`);
  if (code !== 0 && report.numFailedTests + files.length === 0) totals.failed++;
} catch (error) {
  console.error(`The test report could not be read: ${error.message}`);
  totals.failed++;
}
rmSync(reports, { recursive: true, force: true });

for (const line of absent) console.log(line);
if (ci) totals.failed += totals.skipped;
console.log(
  `${totals.passed} passed, ${totals.failed} failed${totals.skipped > 0 ? `, ${totals.skipped} skipped` : ""}`,
);
process.exit(totals.failed === 0 ? 0 : 1);

function run(command, args) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { cwd: root, env, stdio: ["ignore", "inherit", "inherit"] });
    child.on("error", reject);
    child.on("close", (status) => resolve(status ?? 1));
  });
}
