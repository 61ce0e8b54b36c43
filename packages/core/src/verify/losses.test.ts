import { readFileSync } from "node:fs";
import { readCases, verifyCase } from "@retort/engine/verify";
import { describe, expect, it } from "vitest";
import { hasShared, sharedPath } from "../../../../scripts/shared.mjs";
import { verifiers } from "./index.ts";

/** Case files of the losses, with the number of cases each must have: an emptied file would pass unseen. */
const files = { divergences: 78, llava_kd: 33, losses: 49 };

describe.skipIf(!hasShared)("reference cases", () => {
  it.each(Object.entries(files))("%s: all %d pass", async (file, count) => {
    const cases = readCases(JSON.parse(readFileSync(sharedPath("oracle", `${file}.json`), "utf8")));
    const failed: string[] = [];
    for (const testCase of cases) {
      const { name, status, message } = await verifyCase(testCase, verifiers);
      if (status !== "pass") failed.push(`${name}: ${message}`);
    }
    expect(failed).toEqual([]);
    expect(cases).toHaveLength(count);
  });
});

describe("verifiers of losses", () => {
  it("name the tensor that a case lacks, and fail a wrong expectation", async () => {
    const logits = { dtype: "float32", shape: [1, 2], data: [0, 0] };
    const [lacking, wrong] = readCases([
      { name: "lacking", op: "loss.mse", params: {}, inputs: { input: logits }, expect: {} },
      {
        name: "wrong",
        op: "loss.mse",
        inputs: { input: logits, target: logits },
        expect: { loss: { dtype: "float32", shape: [], data: [1] } },
      },
    ]);
    expect(await verifyCase(lacking!, verifiers)).toMatchObject({ status: "fail", message: /a tensor target/ });
    expect(await verifyCase(wrong!, verifiers)).toMatchObject({ status: "fail", maxError: 1 });
  });
});
