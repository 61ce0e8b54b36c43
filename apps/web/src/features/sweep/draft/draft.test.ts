import { describe, expect, it } from "vitest";
import { z } from "zod";
import { fieldFromSchema } from "../../launch/form/json-schema.ts";
import { dimensionComplaint, firstDimension, rescaled, reshaped } from "./dimension.ts";
import { type DraftContext, draftOf, emptyDraft, requestOf, withNeeded } from "./draft.ts";
import { fieldAt } from "./field-at.ts";
import { dimensionAt, dimensionsOf, type SpaceJson, withDimension } from "./space-edit.ts";
import { parseValues, printValues } from "./value-list.ts";
import { readYaml, toYaml } from "./yaml.ts";

const params = z.strictObject({
  size: z.enum(["nano", "micro"]).default("micro"),
  training: z
    .strictObject({ lr: z.number().positive().default(1e-3), steps: z.int().min(10).max(1_000).default(100) })
    .prefault({}),
  data: z
    .discriminatedUnion("adapter", [
      z.strictObject({ adapter: z.literal("scenes"), images: z.int().default(500), noise: z.number().default(0) }),
      z.strictObject({ adapter: z.literal("folder"), path: z.string().default("pictures") }),
    ])
    .prefault({ adapter: "scenes" }),
  colors: z.array(z.string()).default(["red", "blue"]),
});
const settings = z.strictObject({
  maxPoints: z.int().nullable().default(null),
  mode: z.enum(["max", "min"]).default("max"),
  priority: z.int().default(0),
  sampler: z
    .discriminatedUnion("kind", [
      z.strictObject({ kind: z.literal("grid"), params: z.strictObject({}).prefault({}) }),
      z.strictObject({
        kind: z.literal("tpe"),
        params: z.strictObject({ startup: z.int().default(10), share: z.number().default(0.1) }).prefault({}),
      }),
    ])
    .prefault({ kind: "grid" }),
  pruner: z.strictObject({ kind: z.enum(["none", "median", "wilcoxon"]) }).prefault({ kind: "none" }),
  watch: z.strictObject({ metric: z.string(), mode: z.string() }).nullable().default(null),
  population: z
    .strictObject({ share: z.number().default(0.2) })
    .nullable()
    .default(null),
});
const fieldOf = (schema: z.ZodType) =>
  fieldFromSchema(z.toJSONSchema(schema, { io: "input" }) as Record<string, unknown>);
const context: DraftContext = {
  recipe: "test",
  field: fieldOf(params),
  defaults: params.parse({}),
  mode: "max",
  settingsField: fieldOf(settings),
  settingsDefaults: settings.parse({}),
  watchingPruners: ["median"],
};
const lr = { type: "log", min: 1e-4, max: 1e-2 } as const;

describe("a space", () => {
  it("takes dimensions at paths and gives up groups that have become empty", () => {
    const one = withDimension({}, ["training", "lr"], lr);
    const two = withDimension(one, ["size"], { type: "choice", values: ["nano", "micro"] });
    expect(dimensionsOf(two).map(({ path }) => path)).toEqual(["training.lr", "size"]);
    expect(dimensionAt(two, ["training", "lr"])).toBe(lr);
    expect(dimensionAt(two, ["training"])).toBeUndefined();
    expect(withDimension(two, ["training", "lr"], undefined)).toEqual({
      size: { type: "choice", values: ["nano", "micro"] },
    });
    expect(one).toEqual({ training: { lr } });
  });

  it("keeps the condition of a group while a dimension inside of it changes", () => {
    const space: SpaceJson = {
      data: {
        type: "group",
        when: { param: "size", is: "nano" },
        parameters: { images: { type: "int", min: 1, max: 2 } },
      },
    };
    const changed = withDimension(space, ["data", "images"], { type: "choice", values: [1] });
    expect(changed).toEqual({
      data: {
        type: "group",
        when: { param: "size", is: "nano" },
        parameters: { images: { type: "choice", values: [1] } },
      },
    });
    expect(withDimension(space, ["data", "images"], undefined)).toEqual({});
  });
});

describe("a dimension", () => {
  const number = fieldAt(context.field, "training.lr", context.defaults)!;
  const steps = fieldAt(context.field, "training.steps", context.defaults)!;
  it("begins near the present value and within the field's bounds", () => {
    expect(firstDimension(number, 0.001).values).toEqual([0.0005, 0.001, 0.002]);
    expect(firstDimension(steps, 800).values).toEqual([400, 800]);
    expect(firstDimension(fieldAt(context.field, "size", {})!, "nano").values).toEqual(["nano", "micro"]);
  });

  it("keeps its ends from list to range and back", () => {
    const range = reshaped({ type: "choice", values: [0.01, 0.0001, 0.001] }, "range", false);
    expect(range).toEqual({ type: "log", min: 0.0001, max: 0.01 });
    expect(rescaled(range, false).type).toBe("uniform");
    expect(reshaped(range, "values", false)).toEqual({ type: "choice", values: [0.0001, 0.01] });
    expect(reshaped({ type: "choice", values: [20, 40] }, "range", true)).toEqual({ type: "int", min: 20, max: 40 });
  });

  it.each([
    [number, { type: "choice", values: [] }, /at least one/],
    [number, { type: "choice", values: [1, 1] }, /twice/],
    [number, { type: "choice", values: [1, -1] }, /more than 0/],
    [number, { type: "uniform", min: 2, max: 1 }, /backwards/],
    [number, { type: "log", min: 0, max: 1 }, /above 0/],
    [number, { type: "uniform", min: 1, max: "1e" }, /both ends/],
    [steps, { type: "int", min: 5, max: 50 }, /at least 10/],
    [steps, { type: "int", min: 10, max: 50, step: 0 }, /step is a number above 0/],
  ] as const)("%# is refused in words", (field, dimension, message) => {
    expect(dimensionComplaint(field, dimension as never)).toMatch(message);
  });

  it("reads values as people write them", () => {
    expect(parseValues(number, "1e-3, 0.1 2")).toEqual([0.001, 0.1, 2]);
    expect(parseValues(number, "1, x")).toEqual([1, "x"]);
    const list = fieldAt(context.field, "colors", {})!;
    const values = [["red"], ["red", "blue"]];
    expect(parseValues(list, printValues(list, values))).toEqual(values);
  });
});

describe("a draft", () => {
  it("says nothing but what differs", () => {
    expect(requestOf(emptyDraft(context), context)).toEqual({ recipe: "test", search: { space: { seeds: [0] } } });
  });

  it("becomes the same request again on the way through YAML and the form", () => {
    const request = {
      recipe: "test",
      name: "a search",
      params: { size: "nano", data: { adapter: "folder", path: "elsewhere" } },
      search: {
        space: {
          parameters: { training: { lr } },
          ablations: { parts: { mode: "factorial", axes: { a: { on: { size: "nano" }, off: { size: "micro" } } } } },
          constraints: ["training.lr < 1"],
          seeds: [1, 2],
        },
        maxPoints: 30,
        sampler: { kind: "tpe", params: { startup: 5 } },
      },
      priority: 3,
      watch: { metric: "loss", mode: "min" },
    };
    const reading = readYaml(toYaml(request as never));
    expect(reading.request).toEqual(request);
    const draft = draftOf(reading.request!, context);
    expect(draft.params).toMatchObject({ training: { lr: 0.001, steps: 100 }, data: { adapter: "folder" } });
    expect(draft.settings.sampler).toEqual({ kind: "tpe", params: { startup: 5, share: 0.1 } });
    expect(requestOf(draft, context)).toEqual(request);
  });

  it("fills in a group of the default's variant where the tag is left out", () => {
    const draft = draftOf({ recipe: "test", params: { data: { images: 7 } }, search: {} }, context);
    expect(draft.params).toMatchObject({ data: { adapter: "scenes", images: 7, noise: 0 } });
    expect(requestOf(draft, context).params).toEqual({ data: { images: 7 } });
  });

  it("leaves the value of what varies out of the shared parameters", () => {
    const draft = {
      ...emptyDraft(context),
      params: { ...(context.defaults as object), training: { lr: 0.5, steps: 20 } },
      space: { training: { lr } },
    };
    expect(requestOf(draft, context).params).toEqual({ training: { steps: 20 } });
  });

  it("gives a sampler without an end a budget", () => {
    const draft = emptyDraft(context);
    expect(withNeeded({ ...draft.settings, sampler: { kind: "tpe" } }, context).maxPoints).toBe(20);
    expect(withNeeded(draft.settings, context).maxPoints).toBeNull();
  });

  it("watches the loss for a pruner that judges by it, and nothing for one that judges by samples", () => {
    const { settings } = emptyDraft(context);
    const watchedBy = (kind: string) => withNeeded({ ...settings, pruner: { kind } }, context).watch;
    expect(watchedBy("median")).toMatchObject({ metric: "loss", mode: "min" });
    expect([watchedBy("wilcoxon"), watchedBy("none")]).toEqual([null, null]);
  });
});

it.each([
  ["recipe: [", /flow/i],
  ["- a", /Expected a sweep/],
  ["recipe: x", /"search" is missing/],
  ["search: {}", /"recipe" is missing/],
])("%j is no sweep", (text, problem) => expect(readYaml(text).problem).toMatch(problem));
