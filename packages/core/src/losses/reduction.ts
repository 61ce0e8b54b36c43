import { op, type Value } from "@retort/engine";
import { z } from "zod";

export const reduction = z.enum(["mean", "sum"]).default("mean").describe("Mean over all elements, or their sum");

export function reduced(elements: Value, by: z.output<typeof reduction>): Value {
  return by === "mean" ? op.reduceMean(elements) : op.reduceSum(elements);
}
