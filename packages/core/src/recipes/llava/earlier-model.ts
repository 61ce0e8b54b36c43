import { z } from "zod";
import type { StageKind } from "../../stages/index.ts";

/**
 * The choice of a model that an earlier run has left; a variant beside those that make one, told apart by `from`.
 * @param kinds stages whose models fit: forms offer runs that have one of these
 * @param what completes "Run whose model"
 */
export const earlierModel = (kinds: readonly StageKind[], what: string) =>
  z
    .strictObject({
      from: z.literal("run"),
      run: z
        .uuid()
        .meta({ title: "Earlier run", runWith: { artifact: "model", of: [...kinds] } })
        .describe(`Run whose model ${what}`),
      stage: z
        .string()
        .min(1)
        .nullable()
        .default(null)
        .describe("Its stage whose model is meant; empty: the last that leaves one"),
    })
    .meta({ title: "Taken from an earlier run" })
    .describe("The model of an earlier run, taken as it is");
