import { readFileSync } from "node:fs";
import { readCases, verifyCase } from "@retort/engine/verify";
import { describe, expect, it } from "vitest";
import { hasShared, sharedPath } from "../../../../scripts/shared.mjs";
import { verifiers } from "./index.ts";

/** Case files of this package, with the number of cases each must have: an emptied file would pass unseen. */
const files = { metrics_ad: 59, metrics_vqa: 278, stats: 49, sweeps: 21, anomaly_synthesis: 18 };

describe.skipIf(!hasShared)("reference cases", () => {
  it.each(Object.entries(files))("%s: all %d pass", async (file, count) => {
    const cases = readCases(JSON.parse(readFileSync(sharedPath("oracle", `${file}.json`), "utf8")));
    const results = await Promise.all(cases.map((testCase) => verifyCase(testCase, verifiers)));
    const failed = results.filter(({ status }) => status !== "pass").map(({ name, message }) => `${name}: ${message}`);
    expect(failed).toEqual([]);
    expect(results).toHaveLength(count);
  });
});

describe("verifiers", () => {
  it("refuse a case that lacks its input, and say which", async () => {
    const [auroc, asha] = readCases([
      {
        name: "no-scores",
        op: "metric.auroc",
        inputs: { labels: { dtype: "int64", shape: [1], data: [1] } },
        expect: {},
      },
      { name: "no-eta", op: "sweep.asha", inputs: { table: { json: [[1]] } }, expect: {} },
    ]);
    expect(await verifyCase(auroc!, verifiers)).toMatchObject({ status: "fail", message: /a tensor scores/ });
    expect(await verifyCase(asha!, verifiers)).toMatchObject({ status: "fail", message: /eta/ });
  });

  it("fail a wrong expectation", async () => {
    const [testCase] = readCases({
      name: "wrong",
      op: "metric.gqa",
      inputs: { predictions: { json: ["yes"] }, answers: { json: ["no"] } },
      expect: { value: { dtype: "float64", shape: [], data: [1] } },
    });
    expect(await verifyCase(testCase!, verifiers)).toMatchObject({ status: "fail", maxError: 1 });
  });
});
