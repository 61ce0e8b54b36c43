import { tensor, type Value } from "@retort/engine";
import { describe, expect, it } from "vitest";
import { divergenceNames } from "./divergence-kinds.ts";
import { losses } from "./index.ts";
import { buildLoss } from "./loss.ts";
import { bools, finiteDifferences, measure, normal, type Tensors } from "./testing.ts";

const loss = (params: unknown) => (values: Readonly<Record<string, Value>>) =>
  buildLoss(losses.divergence, values, params);
const student = ["student.logits"];

/** p = (1/2, 1/2), q = (1/4, 3/4). */
const coin: Tensors = {
  "teacher.logits": tensor("float32", [1, 2], [0, 0]),
  "student.logits": tensor("float32", [1, 2], [0, Math.log(3)]),
};

describe("divergence", () => {
  const ln = Math.log;
  it.each([
    ["forward-kl", 0.5 * ln(2) + 0.5 * ln(2 / 3)],
    ["reverse-kl", 0.25 * ln(0.5) + 0.75 * ln(1.5)],
    ["js", 0.25 * (ln(4 / 3) + ln(4 / 5)) + 0.5 * (0.25 * ln(2 / 3) + 0.75 * ln(6 / 5))],
    ["tv", 0.25],
    ["skewed-forward-kl", 0.5 * ln(0.5 / 0.275) + 0.5 * ln(0.5 / 0.725)],
    ["skewed-reverse-kl", 0.25 * ln(0.25 / 0.475) + 0.75 * ln(0.75 / 0.525)],
  ] as const)("%s of two coins, by hand", async (kind, value) => {
    expect((await measure(loss({ kind }), coin, [])).loss).toBeCloseTo(value, 6);
  });

  it.each(divergenceNames)("%s: gradient by finite differences, finite at logits of ±10,000", async (kind) => {
    const params = { kind, temperature: 1.5 };
    const given = { "student.logits": normal([3, 4], 3, 1.5), "teacher.logits": normal([3, 4], 4, 1.5) };
    const slopes = await finiteDifferences(loss(params), given, "student.logits");
    const { gradients } = await measure(loss(params), given, student);
    gradients["student.logits"]!.forEach((value, i) => {
      expect(Math.abs(value - slopes[i]!)).toBeLessThan(2e-4);
    });
    const huge = {
      "student.logits": tensor("float32", [2, 3], [1e4, -1e4, 0, 0, 1e4, 1e4]),
      "teacher.logits": tensor("float32", [2, 3], [-1e4, 1e4, 0, 1e4, 1e4, -1e4]),
    };
    const extreme = await measure(loss(params), huge, student);
    expect([extreme.loss, ...extreme.gradients["student.logits"]!].every(Number.isFinite)).toBe(true);
  });

  it("keeps the size of its gradient at high temperatures when scaled by T²", async () => {
    const given = { "student.logits": normal([4, 6], 5), "teacher.logits": normal([4, 6], 6) };
    const size = async (temperature: number, scaleByT2: boolean) => {
      const { gradients } = await measure(loss({ temperature, scaleByT2 }), given, student);
      return Math.hypot(...gradients["student.logits"]!);
    };
    const [plain, scaled, hot] = [await size(1, true), await size(50, true), await size(50, false)];
    expect(scaled / plain).toBeGreaterThan(0.5);
    expect(scaled / plain).toBeLessThan(2);
    expect(hot * 2500).toBeCloseTo(scaled, 5);
  });

  it("leaves out masked rows and is 0 when none is kept", async () => {
    const all = { "student.logits": normal([3, 4], 7), "teacher.logits": normal([3, 4], 8) };
    const first = Object.fromEntries(
      Object.entries(all).map(([name, { data }]) => [
        name,
        tensor("float32", [1, 4], [...data].slice(0, 4).map(Number)),
      ]),
    );
    const kept = await measure(loss({}), { ...all, mask: bools([3], [1, 0, 0]) }, student);
    expect(kept.loss).toBeCloseTo((await measure(loss({}), first, [])).loss, 6);
    expect(kept.gradients["student.logits"]!.slice(4).every((x) => x === 0)).toBe(true);
    const none = await measure(loss({}), { ...all, mask: bools([3], [0, 0, 0]) }, student);
    expect([none.loss, ...none.gradients["student.logits"]!].every((x) => x === 0)).toBe(true);
  });
});
