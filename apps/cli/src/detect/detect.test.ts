import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { exportOnnx, graph, op } from "@retort/engine";
import { parse } from "csv-parse/sync";
import sharp from "sharp";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { listImages } from "./image-files.ts";

const binary = fileURLToPath(new URL("../../bin/retort.mjs", import.meta.url));
const dir = mkdtempSync(join(tmpdir(), "retort-detect-"));
const model = join(dir, "model.onnx");
afterAll(() => rmSync(dir, { recursive: true, force: true }));

/** A detector of redness: the map is the red channel, the score its highest value. */
beforeAll(async () => {
  const g = graph("redness");
  const image = g.input("image", { dtype: "uint8", shape: [1, 8, 8, 3] });
  const red = op.slice(op.cast(image, "float32"), { axes: [3], starts: [0], ends: [1] });
  const map = op.reshape(red, [1, 8, 8]);
  g.output("map", map);
  g.output("score", op.reduceMax(map, { axes: [1, 2] }));
  writeFileSync(model, exportOnnx(g));
  mkdirSync(join(dir, "pictures", "deep"), { recursive: true });
  const data = new Uint8Array(16 * 16 * 3).fill(9);
  await save("pictures/plain.png", data);
  // A red square of 4 x 4 pixels at (8, 4).
  for (let y = 4; y < 8; y++) for (let x = 8; x < 12; x++) data[(y * 16 + x) * 3] = 200;
  await save("pictures/deep/spot, large.png", data);
});

async function save(name: string, data: Uint8Array): Promise<void> {
  writeFileSync(
    join(dir, name),
    await sharp(data, { raw: { width: 16, height: 16, channels: 3 } })
      .png()
      .toBuffer(),
  );
}

function detect(...args: string[]) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [binary, "detect", ...args], { encoding: "utf8" });
  return { status, stdout, stderr };
}

const table = (out: string) =>
  parse(readFileSync(join(out, "scores.csv"), "utf8"), { columns: true }) as Record<string, string>[];

describe("retort detect", () => {
  it("writes a table, highest score first, and heat maps", async () => {
    const out = join(dir, "out");
    const { status, stdout, stderr } = detect(join(dir, "pictures"), "--model", model, "--out", out);
    expect([status, stdout, stderr]).toEqual([0, `${join(out, "scores.csv")}\n`, "2 of 2 pictures\n"]);
    const [first, second] = table(out);
    expect(first).toMatchObject({ file: "deep/spot, large.png", score: first!.peak_value, width: "16", error: "" });
    expect(Number(first!.peak_x)).toBeGreaterThanOrEqual(8);
    expect(Number(first!.peak_x)).toBeLessThan(12);
    expect(Number(first!.peak_y)).toBeGreaterThanOrEqual(4);
    expect(Number(first!.peak_y)).toBeLessThan(8);
    expect(second).toMatchObject({ file: "plain.png", score: "9" });
    const { width, height } = await sharp(join(out, first!.heat_map!)).metadata();
    expect([width, height]).toEqual([16 + 2 + 16, 16]);
  }, 60_000);

  it("names bad pictures, scores the others and exits with 1", () => {
    const [out, bad] = [join(dir, "bad-out"), join(dir, "bad.png")];
    writeFileSync(bad, "no picture");
    const { status, stderr } = detect(bad, join(dir, "pictures", "plain.png"), "--model", model, "--out", out);
    expect(status).toBe(1);
    expect(stderr).toContain(bad);
    expect(stderr).toContain("1 of 2 pictures could not be decoded");
    expect(table(out).map(({ file, score, error }) => [file, score, error])).toEqual([
      ["plain.png", "9", ""],
      ["bad.png", "", "DATA_CORRUPT_IMAGE"],
    ]);
    expect(readdirSync(join(out, "heat"))).toEqual(["plain.png.png"]);
  }, 60_000);

  it("refuses what is no detector, by name", () => {
    const g = graph("other");
    g.output("y", op.neg(g.input("x", { dtype: "float32", shape: [1] })));
    const other = join(dir, "other.onnx");
    writeFileSync(other, exportOnnx(g));
    const { status, stderr } = detect(join(dir, "pictures"), "--model", other, "--out", join(dir, "never"));
    expect(stderr).toContain("is no detector");
    expect(stderr).toContain("x float32 [1]");
    expect(status).toBe(1);
  }, 60_000);
});

describe("listImages", () => {
  it("finds pictures at any depth, tells those of one name apart, and names what is not there", async () => {
    const folder = join(dir, "pictures");
    expect((await listImages([folder, join(folder, "plain.png")])).map(({ name }) => name)).toEqual([
      "deep/spot, large.png",
      "plain.png",
      "plain (2).png",
    ]);
    await expect(listImages([join(dir, "nowhere")])).rejects.toThrow(/nowhere does not exist/);
    mkdirSync(join(dir, "empty"));
    await expect(listImages([join(dir, "empty")])).rejects.toThrow(/holds no picture/);
  });
});
