import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { openFolder } from "./folder.ts";
import { openCheckpoint, openSafetensors } from "./safetensors.ts";
import { floats, writeSafetensors } from "./testing-safetensors.ts";

describe("safetensors", () => {
  let dir: string;
  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), "retort-safetensors-"));
  });
  afterEach(() => rmSync(dir, { recursive: true }));

  it("reads floats of 16 and 32 bits", async () => {
    const path = join(dir, "model.safetensors");
    writeSafetensors(path, {
      single: floats([2, 2], [1, -2, 0.5, 3e-9]),
      half: {
        dtype: "F16",
        shape: [5],
        bytes: new Uint8Array(Uint16Array.of(0x3c00, 0xc000, 0x0001, 0x7bff, 0xfc00).buffer),
      },
      brain: { dtype: "BF16", shape: [3], bytes: new Uint8Array(Uint16Array.of(0x3f80, 0xc049, 0x0000).buffer) },
      count: { dtype: "I64", shape: [1], bytes: new Uint8Array(8) },
    });
    const files = await openSafetensors(path);
    expect(await files.read("single")).toMatchObject({ shape: [2, 2], data: Float32Array.of(1, -2, 0.5, 3e-9) });
    expect([...(await files.read("half")).data]).toEqual([1, -2, 2 ** -24, 65504, Number.NEGATIVE_INFINITY]);
    expect([...(await files.read("brain")).data]).toEqual([1, -3.140625, 0]);
    await expect(files.read("count")).rejects.toMatchObject({ code: "DATA_WEIGHT_TYPE", got: "I64" });
    await expect(files.read("none")).rejects.toMatchObject({ code: "DATA_MISSING_WEIGHT", expected: "none" });
    await files.close();
  });

  it("finds tensors in the shards that an index lists", async () => {
    writeSafetensors(join(dir, "a.safetensors"), { one: floats([1], [1]) });
    writeSafetensors(join(dir, "b.safetensors"), { two: floats([1], [2]) });
    const weight_map = { one: "a.safetensors", two: "b.safetensors" };
    writeFileSync(join(dir, "model.safetensors.index.json"), JSON.stringify({ weight_map }));
    const files = await openCheckpoint(await openFolder(dir));
    expect((await files.read("two")).data[0]).toBe(2);
    await files.close();
    rmSync(join(dir, "b.safetensors"));
    await expect(openCheckpoint(await openFolder(dir))).rejects.toMatchObject({
      code: "DATA_FILE_MISSING",
      expected: "b.safetensors",
    });
  });

  it.each([
    ["is cut off", (bytes: Buffer) => bytes.subarray(0, bytes.length - 1)],
    ["is cut off in the header", (bytes: Buffer) => bytes.subarray(0, 20)],
    ["is empty", () => Buffer.alloc(0)],
    [
      "has a header that is no JSON",
      (bytes: Buffer) => Buffer.concat([bytes.subarray(0, 8), Buffer.alloc(bytes.length, "x")]),
    ],
  ])("refuses a file that %s", async (_, damage) => {
    const path = join(dir, "model.safetensors");
    writeSafetensors(path, { one: floats([4], [1, 2, 3, 4]) });
    writeFileSync(path, damage(readFileSync(path)));
    await expect(openSafetensors(path)).rejects.toMatchObject({ code: "DATA_BAD_SAFETENSORS", where: path });
  });
});
