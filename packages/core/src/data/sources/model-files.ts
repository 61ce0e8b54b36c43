import { z } from "zod";
import { locationText } from "./location.ts";

/** Files that a stage reads besides question sets, as a data reference: their content is part of the stage's identity. */
export const modelFiles = {
  name: "model-files",
  params: z.strictObject({
    locations: z.array(locationText).describe("Files and folders, here or on a hub"),
    /** Question sets that are read too. */
    data: z.array(z.strictObject({ adapter: z.string(), params: z.record(z.string(), z.unknown()) })).default([]),
  }),
};
