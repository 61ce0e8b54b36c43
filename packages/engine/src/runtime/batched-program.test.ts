import { expect, it } from "vitest";
import { ShapeError } from "../errors.ts";
import { batched } from "./batched-program.ts";
import { compile } from "./program.ts";
import { batches, randomTensor, regression, uniform } from "./testing.ts";

it("gives the rows that one large batch would give, with a few cached sessions", async () => {
  const built: number[] = [];
  const build = (batch: number) => {
    built.push(batch);
    const { graph, output } = regression({ batch });
    graph.output("y^", output);
    return graph;
  };
  const program = batched(build, { batchSize: 4 });
  const whole = await compile(build(11));
  const x = randomTensor([11, 3], uniform(5));
  const expected = (await whole.run({ x }))["y^"]!;
  for (let i = 0; i < 2; i++) {
    const { "y^": got } = await program.run({ x });
    expect(got!.shape).toEqual([11, 2]);
    got!.data.forEach((value, k) => {
      expect(Number(value)).toBeCloseTo(Number(expected.data[k]), 6);
    });
  }
  expect(built).toEqual([11, 4]);
  await program.run({ x: randomTensor([2, 3], uniform(5)) });
  expect(built).toEqual([11, 4, 2]);
  await expect(program.run({ x, y: batches(1).y })).rejects.toThrow(ShapeError);
  await Promise.all([whole.dispose(), program.dispose()]);
});
