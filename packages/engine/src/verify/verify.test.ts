import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { hasShared, sharedPath } from "../../../../scripts/shared.mjs";
import type { Tensor } from "../graph/tensor.ts";
import { readCases, type VerifyCase } from "./case.ts";
import { verifyCase } from "./compare.ts";
import { engineVerifiers } from "./index.ts";

const softmaxCase = {
  name: "softmax of two equal numbers",
  op: "onnx.Softmax",
  params: { axis: -1 },
  inputs: {
    input: { shape: [1, 2], dtype: "float32", data: [3, 3] },
    cotangent: { shape: [1, 2], dtype: "float32", data: [1, 0] },
  },
  expect: {
    Y: { shape: [1, 2], dtype: "float32", data: [0.5, 0.5] },
    "grad.input": { shape: [1, 2], dtype: "float32", data: [0.25, -0.25] },
  },
  tolerance: { rtol: 1e-5, atol: 1e-6 },
};

function read(name: string): VerifyCase[] {
  return readCases(JSON.parse(readFileSync(sharedPath("oracle", name), "utf8")));
}

describe("verifyCase", () => {
  const [softmax] = readCases(softmaxCase) as [VerifyCase];

  it("passes what is right", async () => {
    expect(await verifyCase(softmax, engineVerifiers)).toMatchObject({ status: "pass", message: "" });
  });

  it("fails what is wrong, and says where", async () => {
    const expected = { ...softmax.expect, Y: { ...(softmax.expect?.Y as Tensor), data: Float32Array.of(0.5, 0.51) } };
    const result = await verifyCase({ ...softmax, expect: expected }, engineVerifiers);
    expect(result).toMatchObject({ status: "fail", message: expect.stringContaining("Y: element 1") });
    expect(result.maxError).toBeCloseTo(0.01, 5);
  });

  it("fails missing outputs, crashes and inputs that should have been refused", async () => {
    const missing = { ...softmax, expect: { ...softmax.expect, "grad.nothing": { json: 1 } } };
    expect((await verifyCase(missing, engineVerifiers)).status).toBe("fail");
    expect((await verifyCase({ ...softmax, params: { axis: 7 } }, engineVerifiers)).message).toMatch(/axis 7/);
    expect((await verifyCase({ ...softmax, expect: null }, engineVerifiers)).status).toBe("fail");
    expect((await verifyCase({ ...softmax, expect: null, params: { axis: 7 } }, engineVerifiers)).status).toBe("pass");
  });

  it("knows what it does not know", async () => {
    expect((await verifyCase({ ...softmax, op: "toString" }, engineVerifiers)).status).toBe("unknown");
  });

  it("reads numbers that JSON cannot hold", () => {
    const data = ["NaN", "-Infinity", 1];
    const [held] = readCases({ ...softmaxCase, inputs: { input: { shape: [3], dtype: "float32", data } } });
    expect(held?.inputs.input).toMatchObject({ data: Float32Array.of(Number.NaN, Number.NEGATIVE_INFINITY, 1) });
  });
});

describe.skipIf(!hasShared)("reference cases", () => {
  it.each(["ops.json", "blocks.json"])("all of %s pass", async (file) => {
    const cases = read(file);
    const results = [];
    for (const item of cases) results.push(await verifyCase(item, engineVerifiers));
    expect(results.filter(({ status }) => status !== "pass")).toEqual([]);
    expect(results.length).toBeGreaterThan(20);
  });
});
