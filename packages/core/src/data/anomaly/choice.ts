import { z } from "zod";
import type { DataReference } from "../choice.ts";
import { onBadRecord } from "../dataset.ts";
import { fewData } from "./few-data.ts";
import { anomalySources } from "./index.ts";

export const anomalySourceParams = z.discriminatedUnion("kind", [
  anomalySources.industrial.params,
  anomalySources["mvtec-layout"].params,
  anomalySources["btad-layout"].params,
  anomalySources.visa.params,
]);

/** Which pictures of good and bad things a stage reads. Categories of all sources become one set. */
export const anomalyDataParams = z
  .strictObject({
    sources: z
      .array(anomalySourceParams)
      .min(1)
      .default([anomalySources.industrial.params.parse({ kind: "industrial" })])
      .describe("Where the pictures come from; the categories of all sources become one set"),
    few: fewData,
    onBadRecord,
  })
  .prefault({})
  .describe("The pictures: generated here, or folders on the worker's machine");

export type AnomalySourceParams = z.infer<typeof anomalySourceParams>;
export type AnomalyDataParams = z.infer<typeof anomalyDataParams>;

/** The adapter name under which a content key knows data of this kind. */
export const ANOMALY_DATA = "anomaly";

export const anomalyDataReference = (params: AnomalyDataParams): DataReference => ({ adapter: ANOMALY_DATA, params });
