import { describe, expect, it } from "vitest";
import { DeviceError, ModelError, ShapeError } from "../errors.ts";
import { tensor } from "../graph/tensor.ts";
import { optim } from "../optim/index.ts";
import { compile } from "./program.ts";
import { knownProviders, providers } from "./providers.ts";
import { batches, regression } from "./testing.ts";
import { compileTrainStep } from "./train-program.ts";

describe("compile", () => {
  it("computes several outputs, only those asked for, and needs only their inputs", async () => {
    const { graph, loss, output } = regression({ batch: 2 });
    graph.output("y^", output);
    const prediction = await compile(graph);
    expect(Object.keys(prediction.inputs)).toEqual(["x"]);
    graph.output("loss", loss);
    const both = await compile(graph);
    const x = tensor("float32", [2, 3], [1, 2, 3, 4, 5, 6]);
    const y = tensor("float32", [2, 2], [0, 0, 0, 0]);
    const results = await both.run({ x, y });
    const [a, b, c, d] = results["y^"]!.data as Float32Array;
    expect((results.loss!.data as Float32Array)[0]).toBeCloseTo((a! ** 2 + b! ** 2 + c! ** 2 + d! ** 2) / 4, 5);
    expect(Object.keys(await both.run({ x, y }, { only: ["loss"] }))).toEqual(["loss"]);
    expect(await prediction.run({ x, y })).toEqual({ "y^": results["y^"] });
    await Promise.all([prediction.dispose(), both.dispose()]);
  });

  it("says which input is missing, unknown or of another type", async () => {
    const { graph, output } = regression();
    graph.output("y^", output);
    const program = await compile(graph);
    await expect(program.run({})).rejects.toThrow(ShapeError);
    await expect(program.run({ x: tensor("float32", [1, 3], [1, 2, 3]) })).rejects.toThrow(/float32\[4,3\]/);
    await expect(program.run({ images: tensor("float32", [1], [1]) })).rejects.toThrow(/input "images"/);
    await program.dispose();
    await expect(program.run({})).rejects.toThrow(ModelError);
  });

  it("lists the providers that load, and names them when another is asked for", async () => {
    const present = await providers();
    expect(present).toContain("cpu");
    const absent = knownProviders.find((provider) => !present.includes(provider));
    if (absent === undefined) return;
    const { graph, output } = regression();
    graph.output("y^", output);
    await expect(compile(graph, { provider: absent })).rejects.toThrow(DeviceError);
    await expect(compile(graph, { provider: absent })).rejects.toThrow(/one of cpu/);
  });

  it("gives memory back on dispose, 200 times over", { timeout: 120_000 }, async () => {
    const { graph, loss, output } = regression({ batch: 64 });
    // Two megabytes that every session would hold on to.
    const big = graph.parameter("big", tensor("float32", [1 << 19], new Float32Array(1 << 19)));
    graph.output("y^", output);
    graph.output("big", big);
    const once = async () => {
      const program = await compile(graph);
      await program.run({ x: tensor("float32", [64, 3], new Float32Array(192)) }, { only: ["y^"] });
      await program.dispose();
      const step = await compileTrainStep(graph, { loss, optimizer: optim.adamw({ lr: 0.1 }), stepsPerRun: 2 });
      await step.run(batches(2, { batch: 64 }));
      await step.dispose();
    };
    for (let i = 0; i < 10; i++) await once();
    const before = process.memoryUsage().rss;
    for (let i = 0; i < 200; i++) await once();
    const grown = (process.memoryUsage().rss - before) / 2 ** 20;
    // A leak of the weights alone would be 400 MiB.
    expect(grown).toBeLessThan(100);
  });
});
