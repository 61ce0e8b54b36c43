import { afterEach, describe, expect, it } from "vitest";
import { DivergedError, ModelError, ShapeError } from "../errors.ts";
import { tensor } from "../graph/tensor.ts";
import { optim } from "../optim/index.ts";
import { decodeSnapshot } from "./snapshot.ts";
import { batches, regression, rows } from "./testing.ts";
import { compileTrainStep, type TrainStep, type TrainStepOptions } from "./train-program.ts";

const open: TrainStep[] = [];
afterEach(async () => {
  for (const step of open.splice(0)) await step.dispose();
});

async function compiled(options: Partial<TrainStepOptions> = {}, model = regression()): Promise<TrainStep> {
  const optimizer = options.optimizer ?? optim.adamw({ lr: 0.01, weightDecay: 0.1 });
  const step = await compileTrainStep(model.graph, { loss: model.loss, ...options, optimizer });
  open.push(step);
  return step;
}

const weight = (step: TrainStep, name: string) => Array.from(step.parameters().get(name)!.data as Float32Array);

describe("compileTrainStep", () => {
  it("moves a weight as plain gradient descent computed by hand does", async () => {
    const { graph, loss } = regression({ batch: 1 });
    const step = await compiled({ optimizer: optim.sgd({ lr: 0.5 }) }, { graph, loss, output: loss });
    const before = step.parameters();
    const batch = { x: tensor("float32", [1, 1, 3], [1, -2, 0.5]), y: tensor("float32", [1, 1, 2], [0.3, -0.4]) };
    const report = await step.run(batch);

    const at = (name: string) => before.get(name)!.data as Float32Array;
    const hidden = Array.from({ length: 8 }, (_, j) =>
      Math.tanh([1, -2, 0.5].reduce((sum, x, i) => sum + x * at("w1")[i * 8 + j]!, at("b1")[j]!)),
    );
    const error = [0.3, -0.4].map(
      (y, k) => hidden.reduce((sum, value, j) => sum + value * at("w2")[j * 2 + k]!, at("b2")[k]!) - y,
    );
    expect(report.losses[0]).toBeCloseTo((error[0]! ** 2 + error[1]! ** 2) / 2, 5);
    expect(weight(step, "b2")[0]).toBeCloseTo(at("b2")[0]! - 0.5 * error[0]!, 5);
    expect(weight(step, "w2")[3]).toBeCloseTo(at("w2")[3]! - 0.5 * error[1]! * hidden[1]!, 5);
  });

  it("gives the same bits in one run of 6 steps, in runs of 4 and 2, and step by step", async () => {
    const data = batches(6);
    const whole = await compiled({ stepsPerRun: 6, maxGradNorm: 0.5 });
    const parts = await compiled({ stepsPerRun: 4, maxGradNorm: 0.5 });
    const single = await compiled({ maxGradNorm: 0.5 });
    const { losses } = await whole.run(data);
    await parts.run(rows(data, 0, 4));
    await parts.run(rows(data, 4, 6));
    const singly: number[] = [];
    for (let i = 0; i < 6; i++) singly.push(...(await single.run(rows(data, i, i + 1))).losses);
    expect(singly).toEqual([...losses]);
    expect(parts.state()).toEqual(whole.state());
    expect(single.state()).toEqual(whole.state());
    expect(whole.step).toBe(6);
  });

  it("continues from saved state as if it had not stopped", async () => {
    const data = batches(6);
    const options = {
      optimizer: optim.adamw({ lr: optim.schedule.cosine({ lr: 0.02, warmupSteps: 2, totalSteps: 6 }) }),
      stepsPerRun: 3,
      ema: 0.9,
    };
    const through = await compiled(options);
    await through.run(rows(data, 0, 3));
    const saved = through.state();
    await through.run(rows(data, 3, 6));
    const resumed = await compiled(options, regression({ seed: 99 }));
    resumed.load(saved);
    expect(resumed.step).toBe(3);
    const report = await resumed.run(rows(data, 3, 6));
    expect(resumed.state()).toEqual(through.state());
    expect([...report.learningRates]).toEqual([3, 4, 5].map(options.optimizer.lr));
  });

  it("accumulates micro-batches to the gradient of the whole batch", async () => {
    const data = batches(2, { batch: 8 });
    const micro = { x: tensor("float32", [4, 4, 3], data.x.data), y: tensor("float32", [4, 4, 2], data.y.data) };
    for (const stepsPerRun of [1, 2]) {
      const whole = await compiled({ stepsPerRun }, regression({ batch: 8 }));
      const split = await compiled({ stepsPerRun, accumulate: 2 }, regression({ batch: 4 }));
      const numRuns = 2 / stepsPerRun;
      for (let i = 0; i < numRuns; i++) {
        const a = await whole.run(rows(data, i * stepsPerRun, (i + 1) * stepsPerRun));
        const b = await split.run(rows(micro, 2 * i * stepsPerRun, 2 * (i + 1) * stepsPerRun));
        for (const j of a.losses.keys()) {
          expect(b.losses[j]).toBeCloseTo(a.losses[j]!, 5);
          expect(b.gradNorms[j]).toBeCloseTo(a.gradNorms[j]!, 5);
        }
      }
      weight(whole, "w1").forEach((value, i) => {
        expect(weight(split, "w1")[i]).toBeCloseTo(value, 5);
      });
    }
  });

  it("leaves frozen parameters alone and keeps no state for them", async () => {
    const step = await compiled({ freeze: /^[wb]1$/ });
    const before = weight(step, "w1");
    await step.run(batches(1));
    expect(step.trained).toEqual(["w2", "b2"]);
    expect(weight(step, "w1")).toEqual(before);
  });

  it("gives a parameter group its own rate", async () => {
    const optimizer = optim.sgd({ lr: 0, groups: [{ match: /^w2$/, lr: 0.1 }] });
    const step = await compiled({ optimizer });
    const before = { w1: weight(step, "w1"), w2: weight(step, "w2") };
    await step.run(batches(1));
    expect(weight(step, "w1")).toEqual(before.w1);
    expect(weight(step, "w2")).not.toEqual(before.w2);
  });

  it("averages the weights", async () => {
    const step = await compiled({ ema: 0.75 });
    const before = weight(step, "w2");
    await step.run(batches(1));
    const average = step.averages().get("w2")!.data as Float32Array;
    weight(step, "w2").forEach((value, i) => {
      expect(average[i]).toBeCloseTo(0.75 * before[i]! + 0.25 * value, 6);
    });
  });

  it("reports metrics of every step", async () => {
    const model = regression();
    const { metrics, losses } = await (await compiled({ stepsPerRun: 3, metrics: { same: model.loss } }, model)).run(
      batches(3),
    );
    expect(metrics.same).toEqual(losses);
  });

  it("stops at a number that is none, and keeps the state of before the run", async () => {
    const step = await compiled({ stepsPerRun: 3 });
    await step.run(batches(3));
    const before = step.state();
    const bad = batches(3);
    (bad.x.data as Float32Array)[12] = Number.NaN;
    await expect(step.run(bad)).rejects.toThrow(DivergedError);
    await expect(step.run(bad)).rejects.toThrow(/step 4/);
    expect(step.state()).toEqual(before);
    expect(step.step).toBe(3);
  });

  it("says what a batch should look like", async () => {
    const step = await compiled({ stepsPerRun: 4, accumulate: 2 });
    const { x, y } = batches(4);
    await expect(step.run({ x })).rejects.toThrow(ShapeError);
    await expect(step.run({ x, y: rows({ y }, 0, 2).y })).rejects.toThrow(/n = 2 micro-batches x 1 to 4 steps/);
    await expect(step.run({ x, y, z: x })).rejects.toThrow(/one of x, y/);
    await expect(step.run(batches(10))).rejects.toThrow(ShapeError);
  });

  it("refuses the state of another program and a graph without anything to train", async () => {
    const step = await compiled();
    const other = await compiled({ optimizer: optim.sgd({ lr: 0.1 }) });
    expect(() => step.load(other.state())).toThrow(ModelError);
    expect(() => step.load(step.state().slice(0, 200))).toThrow(ModelError);
    await expect(compiled({ freeze: /./ })).rejects.toThrow(/no trainable parameter/);
  });

  it("cannot run once it is disposed", async () => {
    const step = await compiled();
    await step.dispose();
    await step.dispose();
    await expect(step.run(batches(1))).rejects.toThrow(/disposed/);
  });

  it("trains in mixed precision close to float32, with float32 weights", async () => {
    const data = batches(20);
    const full = await compiled({ stepsPerRun: 20 });
    const mixed = await compiled({ stepsPerRun: 20, precision: "mixed", lossScale: { initial: 1024, growthSteps: 8 } });
    const [a, b] = [await full.run(data), await mixed.run(data)];
    for (const i of a.losses.keys())
      expect(Math.abs(b.losses[i]! - a.losses[i]!)).toBeLessThan(0.01 * (1 + a.losses[i]!));
    expect(mixed.parameters().get("w1")!.dtype).toBe("float32");
    const scale = decodeSnapshot(mixed.state()).tensors.get("#lossScale")!;
    expect([...scale.data]).toEqual([4096]);
  });

  it("skips a step whose gradients overflow, and halves the loss scale", async () => {
    const step = await compiled({ stepsPerRun: 2, precision: "mixed", lossScale: { initial: 2 ** 100 } });
    const before = step.parameters();
    const { gradNorms } = await step.run(batches(2));
    expect([...gradNorms].some(Number.isFinite)).toBe(false);
    expect(step.parameters()).toEqual(before);
    expect([...decodeSnapshot(step.state()).tensors.get("#lossScale")!.data]).toEqual([2 ** 98]);
  });
});
