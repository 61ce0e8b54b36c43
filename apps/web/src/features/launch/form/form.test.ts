import { recipes } from "@retort/core";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { launchCommand } from "./command.ts";
import type { FieldOf } from "./field.ts";
import { filled } from "./filled.ts";
import { fieldFromSchema } from "./json-schema.ts";
import { changesFrom, complaints, isSubset, valueAt, variantOf, withValueAt } from "./value.ts";

const params = z.strictObject({
  steps: z.int().min(1).max(10_000).default(400).describe("Optimiser steps."),
  name: z.string().min(1).default("base"),
  blanked: z.boolean().default(true),
  size: z.enum(["micro", "mini"]).default("micro"),
  optimizer: z
    .strictObject({
      lr: z.number().positive().default(2e-3),
      betas: z.array(z.number()).min(2).max(2).default([0.9, 0.95]),
    })
    .prefault({}),
  data: z
    .discriminatedUnion("adapter", [
      z.strictObject({ adapter: z.literal("scenes"), images: z.int().min(10).default(500) }),
      z.strictObject({ adapter: z.literal("easy-vqa"), path: z.string().min(1) }),
    ])
    .default({ adapter: "scenes", images: 500 }),
  clip: z.number().positive().nullable().default(1),
  note: z.string().optional(),
  stage: z.string().nullable().default(null),
  teacher: z
    .discriminatedUnion("from", [
      z.strictObject({ from: z.literal("training").optional().default("training"), seed: z.int().default(1) }),
      z.strictObject({
        from: z.literal("run"),
        run: z.uuid().meta({ title: "Earlier run", runWith: { artifact: "model", of: ["vlm-sft"] } }),
      }),
    ])
    .prefault({}),
});
const field = fieldFromSchema(z.toJSONSchema(params, { io: "input" }) as Record<string, unknown>) as FieldOf<"object">;

describe("fieldFromSchema", () => {
  it("gives each property the kind that a person can fill in", () => {
    expect(Object.fromEntries(Object.entries(field.fields).map(([key, { kind }]) => [key, kind]))).toEqual({
      steps: "number",
      name: "text",
      blanked: "boolean",
      size: "choice",
      optimizer: "object",
      data: "union",
      clip: "union",
      note: "text",
      stage: "union",
      teacher: "union",
    });
  });

  it("keeps label, description and bounds", () => {
    expect(field.fields.steps).toMatchObject({
      label: "Steps",
      description: "Optimiser steps.",
      integer: true,
      initial: 400,
      bounds: { minimum: 1, maximum: 10_000, exclusiveMinimum: false },
    });
    const optimizer = field.fields.optimizer as FieldOf<"object">;
    expect(optimizer.fields.lr).toMatchObject({ bounds: { minimum: 0, exclusiveMinimum: true, maximum: Infinity } });
  });

  it("drops the safe-integer bounds that say nothing", () => {
    const seed = fieldFromSchema(z.toJSONSchema(z.int()) as Record<string, unknown>) as FieldOf<"number">;
    expect([seed.bounds.minimum, seed.bounds.maximum]).toEqual([-Infinity, Infinity]);
  });

  it("finds the discriminator and the variants", () => {
    const data = field.fields.data as FieldOf<"union">;
    expect(data.key).toBe("adapter");
    expect(data.variants.map(({ name, label }) => [name, label])).toEqual([
      ["scenes", "Scenes"],
      ["easy-vqa", "Easy VQA"],
    ]);
  });

  it("offers runs that have what a parameter wants, and asks for one", () => {
    const teacher = field.fields.teacher as FieldOf<"union">;
    expect(variantOf(teacher, { seed: 3 }).name).toBe("training");
    const { field: taken } = teacher.variants.find(({ name }) => name === "run")!;
    const { run } = (taken as FieldOf<"object">).fields;
    expect(run).toMatchObject({
      kind: "run",
      label: "Earlier run",
      artifact: "model",
      artifactOf: ["vlm-sft"],
      initial: "",
    });
    expect(complaints(teacher, taken.initial, ["teacher"])).toEqual([
      { path: "teacher.run", message: "Choose a run." },
    ]);
    const chosen = { from: "run", run: "01890000-0000-7000-8000-000000000000" };
    expect(complaints(teacher, chosen)).toEqual([]);
    expect(complaints(teacher, { ...chosen, run: "latest" })).toHaveLength(1);
  });

  it("starts as what the recipe itself would fill in, and that passes the recipe's own schema", () => {
    const expected = params.parse({});
    expect(params.parse(field.initial)).toEqual(expected);
    expect(complaints(field, expected)).toEqual([]);
  });

  it("offers a set of choices as one, and a sequence, which may hold a choice twice, as a list", () => {
    const formOf = (name: "llava-kd" | "quickstart") =>
      fieldFromSchema(z.toJSONSchema(recipes[name].params, { io: "input" }) as Record<string, unknown>);
    const { scheme } = (formOf("llava-kd") as FieldOf<"object">).fields as { scheme: FieldOf<"list"> };
    expect(isSubset(scheme, ["PT", "SFT"])).toBe(false);
    expect(complaints(scheme, ["DPT", "DFT", "DFT"])).toEqual([]);
    const data = (formOf("quickstart") as FieldOf<"object">).fields.data as FieldOf<"union">;
    const scenes = data.variants.find(({ name }) => name === "scenes")!.field as FieldOf<"object">;
    const { shapes } = (scenes.fields.params as FieldOf<"object">).fields as { shapes: FieldOf<"list"> };
    expect(isSubset(shapes, ["circle", "square"])).toBe(true);
    // What somebody wrote by hand is shown as it is.
    expect(isSubset(shapes, ["circle", "circle"])).toBe(false);
  });

  it("starts a union as the variant that its default names, the parts that the default leaves out filled in", () => {
    const file = z.strictObject({ source: z.literal("file"), from: z.string().min(1) });
    const words = z.strictObject({
      source: z.literal("words"),
      data: z.strictObject({
        adapter: z.string(),
        params: z.strictObject({ images: z.int().default(500) }).prefault({}),
      }),
    });
    const tokenizer = z
      .discriminatedUnion("source", [file, words])
      .prefault({ source: "words", data: { adapter: "scenes" } });
    const schema = z.strictObject({ teacher: z.strictObject({ tokenizer }).nullable().default(null) });
    const { fields } = fieldFromSchema(
      z.toJSONSchema(schema, { io: "input" }) as Record<string, unknown>,
    ) as FieldOf<"object">;
    const { variants, initial } = fields.teacher as FieldOf<"union">;
    expect(initial).toBeNull();
    // What a person gets who chooses to have a teacher.
    const chosen = variants[0]!.field.initial;
    expect(chosen).toEqual({ tokenizer: { source: "words", data: { adapter: "scenes", params: { images: 500 } } } });
    expect(schema.safeParse({ teacher: chosen }).success).toBe(true);
  });

  it("edits as JSON what it does not know, recursion included", () => {
    interface Tree {
      children: Tree[];
    }
    const tree: z.ZodType<Tree> = z.strictObject({
      get children() {
        return z.array(tree);
      },
    });
    expect(() => fieldFromSchema(z.toJSONSchema(tree) as Record<string, unknown>)).not.toThrow();
    expect(fieldFromSchema({}).kind).toBe("json");
  });
});

describe("complaints", () => {
  const good = params.parse({});
  it.each([
    [["steps"], 0, "steps", "Must be at least 1."],
    [["steps"], 2.5, "steps", "Expected a whole number."],
    [["steps"], "", "steps", "Enter a number."],
    [["steps"], "many", "steps", 'Expected a number, got "many".'],
    [["name"], "", "name", "Must not be empty."],
    [["optimizer", "lr"], 0, "optimizer.lr", "Must be more than 0."],
    [["optimizer", "betas"], [0.9], "optimizer.betas", "At least 2 entries."],
    [["data", "images"], 3, "data.images", "Must be at least 10."],
    [["data"], { adapter: "easy-vqa", path: "" }, "data.path", "Must not be empty."],
  ])("%j = %j is refused at %s", (path, value, at, message) => {
    const changed = withValueAt(good, path, value);
    expect(complaints(field, changed)).toEqual([{ path: at, message }]);
    expect(params.safeParse(changed).success).toBe(false);
  });

  it("counts one as one", () => {
    const list = fieldFromSchema(z.toJSONSchema(z.array(z.string()).min(1).max(1)) as Record<string, unknown>);
    expect(complaints(list, [])).toEqual([{ path: "", message: "At least 1 entry." }]);
    expect(complaints(list, ["a", "b"])).toEqual([{ path: "", message: "At most 1 entry." }]);
  });

  it("lets null pass where the schema does", () => {
    expect(complaints(field, withValueAt(good, ["clip"], null))).toEqual([]);
    expect(variantOf(field.fields.clip as FieldOf<"union">, null).field.kind).toBe("constant");
  });
});

describe("values", () => {
  it("reads and writes by path without touching the original", () => {
    const value = { a: { b: [1, 2] }, c: 3 };
    const changed = withValueAt(value, ["a", "b", 1], 5);
    expect(changed).toEqual({ a: { b: [1, 5] }, c: 3 });
    expect(value.a.b[1]).toBe(2);
    expect(Object.keys(changed as object)).toEqual(["a", "c"]);
    expect(valueAt(changed, ["a", "x", "y"])).toBeUndefined();
    expect(withValueAt(value, ["c"], undefined)).toEqual({ a: { b: [1, 2] } });
  });

  it("names the smallest parts that changed", () => {
    const value = withValueAt(withValueAt(params.parse({}), ["optimizer", "lr"], 1e-3), ["size"], "mini");
    expect(changesFrom(params.parse({}), value)).toEqual([
      { path: "size", value: "mini" },
      { path: "optimizer.lr", value: 0.001 },
    ]);
    expect(changesFrom({ data: null }, { data: { path: "x", sizes: [1, 2] } })).toEqual([
      { path: "data.path", value: "x" },
      { path: "data.sizes", value: [1, 2] },
    ]);
  });
});

it("writes the command that launches the same runs", () => {
  const defaults = params.parse({});
  const value = withValueAt(withValueAt(defaults, ["steps"], 50), ["name"], "it's mine");
  expect(launchCommand({ recipe: "quickstart", params: value, defaults, seeds: [1, 2] })).toBe(
    `npx retort launch quickstart --set steps=50 --set 'name=it'\\''s mine' --seeds 1,2`,
  );
});

it("fills what an earlier run did not know with defaults, also behind a chosen variant", () => {
  const earlier = { steps: 10, name: "base", data: { adapter: "easy-vqa", path: "somewhere" } };
  const now = filled(field, params.parse({}), earlier);
  expect(now).toMatchObject({ ...earlier, blanked: true, size: "micro", optimizer: { lr: 2e-3, betas: [0.9, 0.95] } });
  expect(complaints(field, now)).toEqual([]);
  expect(filled(field, params.parse({}), undefined)).toEqual(params.parse({}));
});
