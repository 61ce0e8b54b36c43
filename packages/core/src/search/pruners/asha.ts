import { z } from "zod";
import { halve } from "./halving.ts";
import { definePruner, stopIfDiverged } from "./pruner.ts";

export const halvingParams = z
  .strictObject({
    eta: z.number().gt(1).max(100).default(3).describe("One trial of so many goes on, to so many times the steps"),
    minResource: z.number().positive().default(1).describe("Step of the first rung"),
    maxResource: z.number().positive().default(81).describe("No rung lies beyond this step"),
    rule: z
      .enum(["stopping", "promotion", "synchronous"])
      .default("stopping")
      .describe(
        "stopping: decide at once; promotion: pause and go on when among the best; synchronous: wait for the whole rung",
      ),
  })
  .refine(({ minResource, maxResource }) => minResource <= maxResource, {
    path: ["maxResource"],
    message: "the first rung lies beyond maxResource: minResource is at most maxResource",
  });

/** Successive halving over all trials of the sweep, asynchronous or not. Source: Li et al. 2020. */
export const asha = definePruner({
  title: "ASHA",
  summary: "Successive halving: at steps that grow by a factor, the best share goes on.",
  judgesBy: "watched",
  params: halvingParams,
  decide({ trial, history, params, mode, isOpen }) {
    const { rule, ...options } = params;
    return stopIfDiverged(trial) ?? halve({ options: { ...options, mode }, rule, trial, cohort: history, isOpen });
  },
});
