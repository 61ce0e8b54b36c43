import { z } from "zod";
import { onBadRecord } from "../dataset.ts";

/** Adapter name of LLaVA's JSON among data references. */
export const LLAVA_JSON_DATA = "llava-json";

/** Where conversations in LLaVA's form are, and what happens to those that cannot be used. */
export const llavaJsonParams = z.strictObject({
  path: z
    .string()
    .min(1)
    .describe(
      "JSON array or JSON lines of records {id, image, conversations: [{from, value}]} on the worker's machine",
    ),
  images: z.string().min(1).describe("Folder that the records' image paths start from"),
  checkImages: z
    .enum(["exist", "decode"])
    .default("exist")
    .describe(
      'Before training: exist looks whether every picture is there; decode reads each once, so that a truncated one is found now and not hours later. Where onBadRecord is "skip", each is read once in any case',
    ),
  onBadRecord,
});

export type LlavaJsonParams = z.output<typeof llavaJsonParams>;
