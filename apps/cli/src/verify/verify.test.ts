import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, describe, expect, it } from "vitest";
import { hasShared, sharedPath } from "../../../../scripts/shared.mjs";

const binary = fileURLToPath(new URL("../../bin/retort.mjs", import.meta.url));
const dir = mkdtempSync(join(tmpdir(), "retort-verify-"));
afterAll(() => rmSync(dir, { recursive: true, force: true }));

function verify(...args: string[]) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [binary, "verify", ...args], { encoding: "utf8" });
  return { status, lines: stdout.trimEnd().split("\n"), stderr };
}

function caseFile(name: string, cases: unknown): string {
  const path = join(dir, name);
  writeFileSync(path, JSON.stringify(cases));
  return path;
}

const vector = (...data: number[]) => ({ shape: [data.length], dtype: "float32", data });
const sum = { name: "sum", op: "onnx.Add", params: {}, inputs: { A: vector(1, 2), B: vector(10, 20) } };
const right = { ...sum, expect: { C: vector(11, 22) } };
const wrong = { ...sum, name: "wrong sum", expect: { C: vector(11, 23) } };
const strange = { ...sum, name: "strange", op: "onnx.NoSuchOperator", expect: { C: vector(1) } };

describe("retort verify", () => {
  it("prints a line a case and the counts, exit code 0 when all pass", () => {
    const { status, lines } = verify(caseFile("right.json", [right]));
    expect(lines).toEqual([expect.stringMatching(/^pass +sum +max error 0/), "1 passed, 0 failed, 0 unknown"]);
    expect(status).toBe(0);
  });

  it("exits with 1 on a failure, and says which number is off", () => {
    const { status, lines } = verify(caseFile("wrong.json", [right, wrong, strange]));
    expect(lines[1]).toMatch(/^fail +wrong sum +max error 1\.00e\+0 .*22 instead of 23/);
    expect(lines.at(-1)).toBe("1 passed, 1 failed, 1 unknown");
    expect(status).toBe(1);
  });

  it("exits with 2 on an unknown op", () => {
    const { status, lines } = verify(caseFile("strange.json", [right, strange]));
    expect(lines.at(-1)).toBe("1 passed, 0 failed, 1 unknown");
    expect(status).toBe(2);
  });

  it("prints JSON lines on request", () => {
    const { lines } = verify("--json", caseFile("right.json", right));
    expect(lines.map((line) => JSON.parse(line))).toEqual([
      { name: "sum", op: "onnx.Add", status: "pass", maxError: 0, message: "" },
      { passed: 1, failed: 0, unknown: 0 },
    ]);
  });

  it("refuses files that hold no cases", () => {
    expect(verify(join(dir, "absent.json"))).toMatchObject({ status: 1, stderr: expect.stringContaining("ENOENT") });
    expect(verify(caseFile("empty.json", { a: 1 })).stderr).toContain("this is not a case file");
    writeFileSync(join(dir, "broken.json"), "[");
    expect(verify(join(dir, "broken.json")).stderr).toContain("is not JSON");
  });

  it.runIf(hasShared)("passes reference cases of every kind", () => {
    const files = ["metrics_vqa.json", "stats.json"].map((name) => sharedPath("oracle", name));
    const { status, lines } = verify(...files);
    expect(lines.at(-1)).toMatch(/^[1-9]\d* passed, 0 failed, 0 unknown$/);
    expect(status).toBe(0);
  });
});
