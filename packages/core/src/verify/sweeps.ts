import { z } from "zod";
import { asha } from "../search/pruners/asha.ts";
import { grid } from "../search/samplers/grid.ts";
import { space } from "../search/space.ts";
import { defineVerifiers } from "./define.ts";

/** sweep.asha, sweep.grid. */
export const sweepVerifiers = defineVerifiers({
  "sweep.asha": (inputs, params) => {
    const table = inputs.json("table", z.array(z.array(z.number().nullable())));
    const { resources, rungs, bestTrial } = asha(table, {
      eta: params.number("eta"),
      minResource: params.number("min_resource"),
      maxResource: params.number("max_resource"),
      mode: params.parse("mode", z.enum(["max", "min"])),
    });
    return { resources: { json: resources }, rungs: { json: rungs }, best_trial: { json: bestTrial } };
  },
  "sweep.grid": (inputs) => ({ points: { json: grid(inputs.json("space", space)) } }),
});
