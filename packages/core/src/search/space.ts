import { z } from "zod";

const count = z.int().min(1).max(10_000).describe("Points of a grid, both ends included; 1 takes the lower end");
const quantum = z.number().positive().optional().describe("Round values to multiples of this");

const choice = z.strictObject({ type: z.literal("choice"), values: z.array(z.json()) });
const constant = z.strictObject({ type: z.literal("constant"), value: z.json() });
const int = z.strictObject({ type: z.literal("int"), min: z.int(), max: z.int(), step: z.int().positive().default(1) });
const uniform = z.strictObject({ type: z.literal("uniform"), min: z.number(), max: z.number(), count, quantum });
const log = z.strictObject({ type: z.literal("log"), min: z.number().positive(), max: z.number(), count, quantum });

const dimension = z
  .discriminatedUnion("type", [choice, constant, int, uniform, log])
  .refine((d) => !("min" in d) || d.min <= d.max, { message: "min is at most max" });

/** What one parameter of a sweep may be. */
export type Dimension = z.infer<typeof dimension>;

/** A search space in the shape of the parameters: an object without a "type" is a group of further dimensions. */
export interface Space {
  [name: string]: Dimension | Space;
}

/** A point of a space, in the space's own shape. */
export interface Point {
  [name: string]: unknown;
}

export const space: z.ZodType<Space> = z.lazy(() =>
  z.record(
    z.string().min(1),
    z.unknown().transform((value, context) => {
      const schema: z.ZodType<Dimension | Space> = isDimension(value) ? dimension : space;
      const parsed = schema.safeParse(value);
      if (parsed.success) return parsed.data;
      for (const issue of parsed.error.issues) context.issues.push({ ...issue, input: value } as z.core.$ZodRawIssue);
      return z.NEVER;
    }),
  ),
);

export function isDimension(value: unknown): value is Dimension {
  return typeof value === "object" && value !== null && "type" in value;
}
