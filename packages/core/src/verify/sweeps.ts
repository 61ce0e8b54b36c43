import { z } from "zod";
import { expandPoints } from "../search/expand.ts";
import { halveTable } from "../search/pruners/rungs.ts";
import { searchSpace, space } from "../search/space.ts";
import { defineVerifiers } from "./define.ts";

/** sweep.asha, sweep.grid. */
export const sweepVerifiers = defineVerifiers({
  "sweep.asha": (inputs, params) => {
    const table = inputs.json("table", z.array(z.array(z.number().nullable())));
    const { resources, rungs, bestTrial } = halveTable(table, {
      eta: params.number("eta"),
      minResource: params.number("min_resource"),
      maxResource: params.number("max_resource"),
      mode: params.parse("mode", z.enum(["max", "min"])),
    });
    return { resources: { json: resources }, rungs: { json: rungs }, best_trial: { json: bestTrial } };
  },
  "sweep.grid": (inputs) => {
    const parameters = inputs.json("space", space);
    return { points: { json: [...expandPoints(searchSpace.parse({ parameters }))].map(({ point }) => point) } };
  },
});
