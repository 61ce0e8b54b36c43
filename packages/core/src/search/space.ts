import { z } from "zod";
import { canonicalJson, type Json } from "../base/canonical-json.ts";
import { constraintProblem } from "./constraint.ts";

const condition = z
  .strictObject({
    param: z.string().min(1).describe("Path of the parameter that decides, such as optim.kind"),
    is: z.json().optional().describe("The value it must have"),
    in: z.array(z.json()).min(1).optional().describe("The values of which it must have one"),
  })
  .refine((c) => (c.is === undefined) !== (c.in === undefined), { message: 'give one of "is" and "in"' });

const when = condition.optional().describe("The parameter exists only where this holds");
const count = z
  .int()
  .min(1)
  .max(10_000)
  .optional()
  .describe("Points of a grid, both ends included; 1 takes the lower end. Only grids need it");
const quantum = z.number().positive().optional().describe("Only multiples of this");
const scale = z.enum(["linear", "log"]).default("linear").describe("How draws are spread");

const values = z.array(z.json()).refine((all) => new Set(all.map(canonicalJson)).size === all.length, {
  message: "values repeat",
});
const choice = z.strictObject({ type: z.literal("choice"), values, when }).meta({ title: "One of a list" });
const constant = z.strictObject({ type: z.literal("constant"), value: z.json(), when }).meta({ title: "Fixed" });
const int = z
  .strictObject({
    type: z.literal("int"),
    min: z.int(),
    max: z.int(),
    step: z.int().positive().default(1),
    scale,
    when,
  })
  .meta({ title: "Whole number" });
const uniform = z
  .strictObject({ type: z.literal("uniform"), min: z.number(), max: z.number(), count, quantum, when })
  .meta({ title: "Number" });
const log = z
  .strictObject({ type: z.literal("log"), min: z.number().positive(), max: z.number(), count, quantum, when })
  .meta({ title: "Number on a logarithmic scale" });

const dimension = z
  .discriminatedUnion("type", [choice, constant, int, uniform, log])
  .refine((d) => !("min" in d) || d.min <= d.max, { message: "min is at most max" })
  .refine((d) => d.type !== "int" || d.scale === "linear" || d.min >= 1, { message: "scale log needs min >= 1" })
  .refine((d) => !("quantum" in d) || d.quantum === undefined || hasMultiple(d.min, d.max, d.quantum), {
    message: "no multiple of quantum lies between min and max",
  });

/** What one parameter of a sweep may be. */
export type Dimension = z.infer<typeof dimension>;
export type Condition = z.infer<typeof condition>;

/** A group that exists only under a condition. An object without "type" is a group that always exists. */
export interface Group {
  type: "group";
  when?: Condition | undefined;
  parameters: Space;
}

/** A search space in the shape of the parameters. */
export interface Space {
  [name: string]: Dimension | Group | Space;
}

type DimensionInput = z.input<typeof dimension>;
/** A space as it is written: defaults may be left out. */
export interface SpaceInput {
  [name: string]:
    | DimensionInput
    | { type: "group"; when?: z.input<typeof condition>; parameters: SpaceInput }
    | SpaceInput;
}

const parameterName = z
  .string()
  .regex(
    /^(?!(.*\.)?__proto__(\.|$))[^.\s]+(\.[^.\s]+)*$/,
    "a parameter's name, or its path with dots; no spaces, no empty parts",
  );

export const space: z.ZodType<Space, SpaceInput> = z
  .lazy(() => z.record(parameterName, z.union([dimension, group, space])))
  .meta({ id: "SearchSpace", title: "Parameters" });

const group = z.strictObject({ type: z.literal("group"), when, parameters: space }).meta({ title: "Group" });

const overrides = z.record(z.string().min(1), z.json()).describe("Path of a parameter -> its value");
const axis = z.strictObject({
  off: overrides.describe("Values without this component"),
  on: overrides.describe("Values with it"),
  variants: z.record(z.string().min(1), overrides).default({}).describe("Further forms of it, by name"),
});
const ablation = z.strictObject({
  mode: z
    .enum(["all-but-one", "one-at-a-time", "factorial"])
    .describe(
      "all-but-one: everything on, then each axis changed; one-at-a-time: everything off, then each; factorial: all combinations",
    ),
  axes: z.record(z.string().min(1), axis).refine((axes) => Object.keys(axes).length > 0, { message: "no axis" }),
});
export type Ablation = z.infer<typeof ablation>;

/** Everything that may differ between the runs of a sweep. Plain JSON: the same object from YAML, TypeScript and forms. */
export const searchSpace = z.strictObject({
  parameters: space
    .default({})
    .describe("What each parameter may be: nested like the recipe's parameters, or by paths such as training.lr"),
  ablations: z.record(z.string().min(1), ablation).default({}).describe("Named sets of components to take away or add"),
  constraints: z
    .array(
      z.string().superRefine((text, context) => {
        const problem = constraintProblem(text);
        if (problem !== null) context.addIssue({ code: "custom", message: problem });
      }),
    )
    .default([])
    .describe("Comparisons that every point fulfils, such as training.batch * model.width <= 4096"),
  seeds: z
    .array(z.int().nonnegative())
    .min(1)
    .refine((all) => new Set(all).size === all.length, { message: "seeds repeat" })
    .default([0])
    .describe("Replicates: every point is run once with each"),
});

export type SearchSpace = z.infer<typeof searchSpace>;
export type SearchSpaceInput = z.input<typeof searchSpace>;

/** A point of a space, in the space's own shape; parameters whose condition fails are absent. */
export interface Point {
  [name: string]: Json;
}

/** A dimension or an explicit group; a group may hold a parameter named "type", whose value is then an object. */
export function isTyped(value: Dimension | Group | Space): value is Dimension | Group {
  return typeof value.type === "string";
}

function hasMultiple(min: number, max: number, step: number): boolean {
  return Math.ceil(min / step - 1e-9) <= Math.floor(max / step + 1e-9);
}
