import { existsSync, readdirSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { sharedPath } from "../../../../scripts/shared.mjs";
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
