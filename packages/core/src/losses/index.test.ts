import { graph as emptyGraph, grad, type Tensor } from "@retort/engine";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { type LossName, losses } from "./index.ts";
import { buildLoss, type LossDefinition } from "./loss.ts";
import { finiteDifferences, measure, samples, type Tensors } from "./testing.ts";

const names = Object.keys(losses) as LossName[];
const definitionOf = (name: LossName): LossDefinition => losses[name];

function expectClose(got: readonly number[], want: readonly number[], tolerance: number): void {
  expect(got).toHaveLength(want.length);
  const largest = Math.max(1, ...want.map(Math.abs));
  got.forEach((value, i) => {
    expect(Math.abs(value - want[i]!), `element ${i}: ${value} instead of ${want[i]}`).toBeLessThan(
      tolerance * largest,
    );
  });
}

/** The same tensors with the student's taken from the teacher. */
function asTeacher(tensors: Tensors): Tensors {
  const copied = Object.entries(tensors).map(([name, held]): [string, Tensor] => [
    name,
    tensors[name.replace(/^student\./, "teacher.")] ?? held,
  ]);
  return Object.fromEntries(copied);
}

describe.each(names)("%s", (name) => {
  const definition = definitionOf(name);
  const { tensors, params, trained, distillation } = samples[name];
  const build = (values: Parameters<typeof buildLoss>[1]) => buildLoss(definition, values, params);

  it("has defaults for all parameters and describes each", () => {
    expect(definition.params.safeParse({}).success).toBe(true);
    const { properties = {} } = z.toJSONSchema(definition.params, { io: "input" });
    for (const [key, field] of Object.entries(properties)) expect(described(field), key).toBe(true);
    expect(definition.params.safeParse({ unheardOf: 1 }).success).toBe(false);
  });

  it.each([1, 2])("has the gradient that finite differences find (seed %d)", async (seed) => {
    const given = tensors(100 * seed);
    const { loss, gradients } = await measure(build, given, trained);
    expect(Number.isFinite(loss)).toBe(true);
    for (const input of trained) expectClose(gradients[input]!, await finiteDifferences(build, given, input), 1e-3);
  });

  it("sends no gradient, and no backward node, to any other tensor", () => {
    const graph = emptyGraph("loss");
    const given = tensors(1);
    const values = Object.fromEntries(Object.entries(given).map(([key, type]) => [key, graph.input(key, type)]));
    const loss = build(values);
    const others = Object.keys(given).filter((key) => key.startsWith("teacher."));
    const numNodes = graph.nodes.length;
    const gradients = grad(
      loss,
      others.map((key) => values[key]!),
    );
    expect(graph.nodes.length).toBe(numNodes);
    for (const gradient of gradients) expect(gradient.tensor?.data.every((x) => Number(x) === 0)).toBe(true);
  });

  if (distillation !== undefined) {
    it("is zero, with zero gradient, where the student is the teacher", async () => {
      const zero = (values: Parameters<typeof buildLoss>[1]) => buildLoss(definition, values, distillation);
      const { loss, gradients } = await measure(zero, asTeacher(tensors(7)), trained);
      expect(Math.abs(loss)).toBeLessThan(2e-6);
      for (const input of trained) expect(Math.max(...gradients[input]!.map(Math.abs))).toBeLessThan(2e-6);
    });
  }

  it("refuses tensors that do not fit, naming both", () => {
    const given = tensors(1);
    const [first] = trained as [string, ...string[]];
    const { dtype, shape } = given[first]!;
    const graph = emptyGraph("loss");
    const values = Object.fromEntries(
      Object.entries(given).map(([key, type]) => {
        const grown = shape.map((size, axis) => (axis === 0 ? size + 1 : size));
        return [key, graph.input(key, key === first ? { dtype, shape: grown } : type)];
      }),
    );
    const both = new RegExp(`${dtype}\\[${shape[0]! + 1},.*\\[`);
    expect(() => build(values)).toThrowError(
      expect.objectContaining({ name: "ShapeError", message: expect.stringMatching(both) }),
    );
  });

  it("says which tensor is missing", () => {
    expect(() => build({})).toThrowError(/lacks the tensor/);
  });
});

describe("the table", () => {
  it.each(["mdist", "divergence", "llavaKdTotal"] as const)("%s refuses another vocabulary, naming both", (name) => {
    const graph = emptyGraph("loss");
    const given = samples[name].tensors(1);
    const width = given["student.logits"]!.shape.at(-1)!;
    const values = Object.entries(given).map(([key, { dtype, shape }]) => {
      const wider = key === "teacher.logits" ? [...shape.slice(0, -1), width + 2] : shape;
      return [key, graph.input(key, { dtype, shape: wider })] as const;
    });
    expect(() => buildLoss(losses[name], Object.fromEntries(values))).toThrowError(
      expect.objectContaining({
        code: "VOCABULARY_MISMATCH",
        expected: expect.stringContaining(`${width + 2}]`),
        got: expect.stringContaining(`${width}]`),
      }),
    );
  });

  it("does not distil instruction tokens that nothing marks", () => {
    const graph = emptyGraph("loss");
    const { promptMask: _, ...given } = samples.mdist.tensors(1);
    const values = Object.fromEntries(Object.entries(given).map(([key, type]) => [key, graph.input(key, type)]));
    expect(() => buildLoss(losses.mdist, values, { weights: { prompt: 1 } })).toThrowError(/promptMask/);
  });
});

/** A description on the field, or on every field below it. */
function described(schema: unknown): boolean {
  if (typeof schema !== "object" || schema === null) return false;
  if ("description" in schema) return true;
  return "properties" in schema && Object.values(schema.properties as object).every(described);
}
