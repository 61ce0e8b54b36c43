import { describe, expect, it } from "vitest";
import { z } from "zod";
import { describeIssues } from "./issues.ts";

const schema = z.strictObject({
  steps: z.int().min(1).max(100).default(10),
  load: z.enum(["busy", "idle"]).default("busy"),
  data: z
    .discriminatedUnion("adapter", [
      z.strictObject({ adapter: z.literal("scenes"), count: z.int().default(5) }),
      z.strictObject({ adapter: z.literal("files"), path: z.string() }),
    ])
    .default({ adapter: "scenes", count: 5 }),
  model: z.strictObject({ dim: z.int().positive().default(64), heads: z.int().default(2) }).prefault({}),
});

function describeFor(input: unknown) {
  const { error } = schema.safeParse(input);
  const jsonSchema = z.toJSONSchema(schema, { io: "input" }) as Record<string, unknown>;
  return describeIssues(error!, { root: "params", input, schema: jsonSchema });
}

describe("describeIssues", () => {
  it("names the known keys beside an unknown one", () => {
    expect(describeFor({ step: 5 })).toEqual({
      message: 'params: unknown key "step" (known: steps, load, data, model)',
      expected: "one of steps, load, data, model",
      got: '"step"',
      where: "params",
    });
    expect(describeFor({ model: { width: 5 } }).message).toBe('params.model: unknown key "width" (known: dim, heads)');
  });

  it("says what was expected and what came, where", () => {
    expect(describeFor({ steps: "many" })).toEqual({
      message: 'params.steps: expected a number, got "many"',
      expected: "a number",
      got: '"many"',
      where: "params.steps",
    });
    expect(describeFor({ steps: 0.5 }).expected).toBe("a whole number");
    expect(describeFor({ steps: 101 }).message).toBe("params.steps: expected at most 100, got 101");
    expect(describeFor({ model: { dim: 0 } }).message).toBe("params.model.dim: expected more than 0, got 0");
    expect(describeFor({ load: "lazy" }).message).toBe('params.load: expected one of "busy", "idle", got "lazy"');
  });

  it("knows the variants of a union", () => {
    expect(describeFor({ data: { adapter: "nowhere" } }).message).toBe(
      'params.data.adapter: expected one of "scenes", "files", got "nowhere"',
    );
    expect(describeFor({ data: { adapter: "files", path: "/x", count: 3 } }).message).toBe(
      'params.data: unknown key "count" (known: adapter, path)',
    );
    expect(describeFor({ data: 5 }).message).toBe("params.data: expected an object, got 5");
  });

  it("lists every complaint in the message and the first in the parts", () => {
    const { message, where } = describeFor({ steps: 0, load: 1 });
    expect(message).toContain("params.steps: expected at least 1, got 0; params.load: expected one of");
    expect(where).toBe("params.steps");
  });

  it("speaks of nothing where a value is missing", () => {
    const { error } = z.strictObject({ name: z.string() }).safeParse({});
    expect(describeIssues(error!, { input: {} }).message).toBe("name: expected a string, got nothing");
  });
});
