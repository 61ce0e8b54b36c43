import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { sharedPath } from "../../../../scripts/shared.mjs";
import { modelBytes, node } from "../onnx/testing.ts";
import { engineVerifiers, readCases, verifyCase } from "./index.ts";

const folder = sharedPath("oracle", "onnx");
const files = existsSync(folder) ? readdirSync(folder).filter((file) => file.endsWith(".json")) : [];

describe.skipIf(files.length === 0)("models exported by PyTorch", () => {
  it.each(files)("%s: output and gradient of every parameter", async (file) => {
    const path = sharedPath("oracle", "onnx", file);
    const [testCase] = readCases(JSON.parse(readFileSync(path, "utf8")), { modelPath: path.replace(/json$/, "onnx") });
    expect(await verifyCase(testCase!, engineVerifiers)).toMatchObject({ status: "pass", message: "" });
  });

  it("fails when one number of one gradient is off", async () => {
    const path = sharedPath("oracle", "onnx", files[0]!);
    const parsed = JSON.parse(readFileSync(path, "utf8"));
    const [name] = Object.keys(parsed.expect.grads);
    parsed.expect.grads[name!].first[3] += 0.01;
    const [testCase] = readCases(parsed, { modelPath: path.replace(/json$/, "onnx") });
    const result = await verifyCase(testCase!, engineVerifiers);
    expect(result.status).toBe("fail");
    expect(result.message).toContain(`${name}: first: 3`);
  });
});

describe("models beside a case", () => {
  const folder = mkdtempSync(join(tmpdir(), "retort-verify-model-"));
  afterAll(() => rmSync(folder, { recursive: true }));

  async function verified(bytes: Uint8Array, parts: object) {
    const modelPath = join(folder, "model.onnx");
    writeFileSync(modelPath, bytes);
    const [testCase] = readCases({ name: "own", op: "onnx.gradient", ...parts }, { modelPath });
    return verifyCase(testCase!, engineVerifiers);
  }
  const vector = (...data: number[]) => ({ shape: [1, data.length], dtype: "float32", data });
  const inputs = { features: { dtype: "float32" as const, shape: ["batch", 2] } };

  it("may keep weights in another file, store them transposed and call its inputs otherwise", async () => {
    writeFileSync(join(folder, "w.bin"), new Uint8Array(Float32Array.of(1, 2, 3, 4, 5, 6).buffer));
    const external = {
      dims: [2, 3],
      dataType: 1,
      dataLocation: 1,
      externalData: [{ key: "location", value: "w.bin" }],
    };
    const weights = [{ ...external, name: "onnx::MatMul_3" }];
    const bytes = modelBytes({
      inputs,
      weights,
      nodes: [node("MatMul", "features,onnx::MatMul_3", "y")],
      outputs: ["y"],
    });
    const result = await verified(bytes, {
      inputs: { input: vector(1, -1), cotangent: vector(1, 10, 100) },
      expect: {
        output: vector(-3, -3, -3),
        grads: { "fc.weight": { shape: [3, 2], norm: Math.sqrt(2 * 10101), first: [1, -1, 10, -10, 100, -100] } },
      },
    });
    expect(result).toMatchObject({ status: "pass", message: "" });
  });

  it("may keep a vector with axes of one", async () => {
    writeFileSync(join(folder, "v.bin"), new Uint8Array(Float32Array.of(2, 3).buffer));
    const external = { dataType: 1, dataLocation: 1, externalData: [{ key: "location", value: "v.bin" }] };
    const weights = [{ ...external, dims: [1, 1, 2], name: "onnx::Mul_3" }];
    const nodes = [node("Mul", "features,onnx::Mul_3", "y")];
    const result = await verified(modelBytes({ inputs, weights, nodes, outputs: ["y"] }), {
      inputs: { input: vector(4, 5), cotangent: { ...vector(1, 10), shape: [1, 1, 2] } },
      expect: {
        output: { ...vector(8, 15), shape: [1, 1, 2] },
        grads: { "norm.weight": { shape: [2], norm: Math.sqrt(4 ** 2 + 50 ** 2), first: [4, 50] } },
      },
    });
    expect(result).toMatchObject({ status: "pass", message: "" });
  });

  it("are unknown, not wrong, when they hold an operator that nobody knows", async () => {
    const bytes = modelBytes({ inputs, nodes: [node("NoSuchOperator", "features", "y")], outputs: ["y"] });
    const parts = { inputs: { input: vector(1, 2), cotangent: vector(1, 1) }, expect: { output: vector(1, 2) } };
    expect(await verified(bytes, parts)).toMatchObject({
      status: "unknown",
      message: expect.stringContaining("NoSuchOperator"),
    });
  });
});
