import { describe, expect, it } from "vitest";
import { formatDuration } from "./duration.ts";
import { formatBytes, formatScore, formatValue } from "./number.ts";
import { formatWhen } from "./when.ts";
import { toWords } from "./words.ts";

describe("formatDuration", () => {
  it.each([
    [12, "12 ms"],
    [4_210, "4.2 s"],
    [59_400, "59 s"],
    [59_600, "1 min 00 s"],
    [185_000, "3 min 05 s"],
    [7_800_000, "2 h 10 min"],
    [99 * 3_600_000, "4 d 3 h"],
    [Number.NaN, "–"],
  ])("%d ms is %s", (milliseconds, text) => expect(formatDuration(milliseconds)).toBe(text));
});

describe("formatWhen", () => {
  const now = new Date("2026-11-23T10:00:00Z");
  it.each([
    ["2026-11-23T09:59:58Z", "just now"],
    ["2026-11-23T09:59:15Z", "45 s ago"],
    ["2026-11-23T09:57:01Z", "2 min ago"],
    ["2026-11-22T09:00:00Z", "1 d ago"],
  ])("%s is %s", (at, text) => expect(formatWhen(new Date(at), now)).toBe(text));
});

describe("formatValue", () => {
  it.each([
    [0, "0"],
    [400, "400"],
    [0.31273, "0.3127"],
    [12.8449, "12.84"],
    [1204.4, "1,204"],
    [3.1e-7, "3.10e−7"],
    [-0.5, "−0.5000"],
    [Number.NaN, "NaN"],
  ])("%d is %s", (value, text) => expect(formatValue(value)).toBe(text));
});

it("shows fractions as per cent and points as they are", () => {
  expect(formatScore(0.9671, "fraction")).toBe("96.7 %");
  expect(formatScore(57.94, "points")).toBe("57.94");
});

it("shows sizes in the units that the command line uses", () => {
  expect(formatBytes(812)).toBe("812 B");
  expect(formatBytes(2_431_000)).toBe("2.3 MiB");
  expect(formatBytes(20 * 2 ** 30)).toBe("20.0 GiB");
  expect(formatBytes(512 * 2 ** 20)).toBe("512.0 MiB");
});

it("turns keys into words", () => {
  expect(toWords("numTrainImages")).toBe("Train images");
  expect(toWords("imageSizePx")).toBe("Image size, px");
  expect(toWords("maxGradNorm")).toBe("Max gradient norm");
  expect(toWords("warmupSteps")).toBe("Warmup steps");
  expect(toWords("vqaAccuracy")).toBe("VQA accuracy");
  expect(toWords("export-onnx")).toBe("Export ONNX");
});
