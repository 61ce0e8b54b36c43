import { z } from "zod";
import { jsonObject } from "./json.ts";

export const headline = z.object({
  metric: z.string(),
  label: z.string(),
  unit: z.enum(["fraction", "points"]),
  higherIsBetter: z.boolean(),
});
export type Headline = z.infer<typeof headline>;

export const publishedRow = z.object({
  label: z.string(),
  dataset: z.string(),
  /** Not always the recipe's headline. */
  metric: z.string(),
  /** In the unit of the headline. */
  value: z.number(),
  source: z.string(),
});

export const recipeSummary = z.object({ name: z.string(), title: z.string(), summary: z.string(), headline });
export type RecipeSummary = z.infer<typeof recipeSummary>;

/** A sweep that comes with the recipe: name, and the request that it stands for. */
export const recipeSweep = z.object({
  name: z.string(),
  title: z.string(),
  summary: z.string(),
  /** As sweeps.preview and sweeps.launch take it. */
  request: jsonObject,
});

export const recipe = recipeSummary.extend({
  /** JSON Schema (2020-12) of the parameters as they may be sent: forms and help are made from it. */
  schema: jsonObject,
  defaults: jsonObject,
  published: z.array(publishedRow),
  sweeps: z.array(recipeSweep),
  /** The stages that the defaults give. */
  stages: z.array(z.object({ name: z.string(), kind: z.string(), title: z.string(), inputs: z.array(z.string()) })),
});
export type Recipe = z.infer<typeof recipe>;
