import { existsSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { sharedPath } from "../../../../scripts/shared.mjs";
import { batches, regression, rows } from "../runtime/testing.ts";
import { compileTrainStep } from "../runtime/train-program.ts";
import { engineVerifiers, readCases, verifyCase } from "../verify/index.ts";
import { optim, optimizers } from "./index.ts";
import type { Optimizer } from "./optimizer.ts";

describe("schedules", () => {
  const { constant, linear, cosine } = optim.schedule;
  const at = (schedule: (step: number) => number, ...steps: number[]) => steps.map(schedule);

  it("start at 0 with a warm-up and reach the rate at its end", () => {
    for (const schedule of [constant, linear, cosine]) {
      const rate = schedule({ lr: 0.4, warmupSteps: 4, totalSteps: 12 });
      expect(at(rate, 0, 1, 3, 4)).toEqual([0, 0.1, 0.30000000000000004, 0.4]);
    }
  });

  it("end where they say", () => {
    expect(at(constant({ lr: 2 }), 0, 1000)).toEqual([2, 2]);
    expect(at(linear({ lr: 2, totalSteps: 10 }), 0, 5, 10, 20)).toEqual([2, 1, 0, 0]);
    expect(cosine({ lr: 2, totalSteps: 10 })(5)).toBeCloseTo(1, 12);
    expect(cosine({ lr: 2, totalSteps: 10 })(10)).toBe(0);
  });
});

describe("lion", () => {
  it("moves every weight by the rate, towards the sign of the interpolated momentum", async () => {
    const { graph, loss } = regression();
    const step = await compileTrainStep(graph, { loss, optimizer: optim.lion({ lr: 0.01, weightDecay: 0.5 }) });
    const before = step.parameters().get("w1")!.data as Float32Array;
    await step.run(batches(1));
    const after = step.parameters().get("w1")!.data as Float32Array;
    before.forEach((value, i) => {
      expect(Math.abs(after[i]! - value * (1 - 0.01 * 0.5))).toBeCloseTo(0.01, 6);
    });
    await step.dispose();
  });
});

/** What holds for every optimiser of the table. */
describe.each(Object.keys(optimizers) as (keyof typeof optimizers)[])("%s", (name) => {
  const make = (lr: number, weightDecay = 0): Optimizer => optimizers[name]({ lr, weightDecay });

  it("lowers the loss of a regression", async () => {
    const { graph, loss } = regression({ batch: 16 });
    const step = await compileTrainStep(graph, { loss, optimizer: make(0.01), stepsPerRun: 60 });
    const one = batches(1, { batch: 16 });
    const repeat = (name: "x" | "y") => {
      const { dtype, shape, data } = one[name];
      return {
        dtype,
        shape: [60, ...shape.slice(1)],
        data: Float32Array.from({ length: 60 * data.length }, (_, i) => Number(data[i % data.length])),
      };
    };
    const { losses } = await step.run({ x: repeat("x"), y: repeat("y") });
    expect(losses[59]!).toBeLessThan(0.8 * losses[0]!);
    await step.dispose();
  });

  it("leaves the weights as they are at rate 0, and counts that step", async () => {
    const { graph, loss } = regression();
    const optimizer = make(0, 0.1);
    const step = await compileTrainStep(graph, { loss, optimizer, stepsPerRun: 2 });
    const before = step.parameters();
    await step.run(rows(batches(2), 0, 2));
    expect(step.parameters()).toEqual(before);
    expect(step.step).toBe(2);
    await step.dispose();
  });
});

const cases = sharedPath("oracle", "optim.json");
describe.skipIf(!existsSync(cases))("reference trainings by PyTorch", () => {
  const all = existsSync(cases) ? readCases(JSON.parse(readFileSync(cases, "utf8"))) : [];
  it.each(all.map((testCase) => [testCase.name, testCase] as const))("%s", async (_, testCase) => {
    expect(await verifyCase(testCase, engineVerifiers)).toMatchObject({ status: "pass", message: "" });
  });
});
