import { z } from "zod";
import { datasets } from "./index.ts";

/** A data set by adapter name and the adapter's parameters. */
export interface DataReference {
  adapter: string;
  params: Record<string, unknown>;
}

/** Which question set a stage reads, and how that set is set up. */
export const dataParams = z
  .discriminatedUnion("adapter", [
    z.strictObject({
      adapter: z.literal(datasets.scenes.name),
      params: datasets.scenes.params.prefault({}),
    }),
    z.strictObject({
      adapter: z.literal(datasets["easy-vqa"].name),
      params: datasets["easy-vqa"].params,
    }),
    z.strictObject({
      adapter: z.literal(datasets["cifar-questions"].name),
      params: datasets["cifar-questions"].params,
    }),
  ])
  .prefault({ adapter: "scenes" })
  .describe("The question set: generated here, or a folder on the worker's machine");

export type DataParams = z.infer<typeof dataParams>;

export const dataReference = ({ adapter, params }: DataParams): DataReference => ({ adapter, params });
