import { failureSchema } from "@retort/core";
import { z } from "zod";

// What the worker and the process of an attempt tell each other. Both are the same version of the same program; the check is there
// because a stage runs foreign native code in that process, and what comes from it goes into the database.

const startMessage = z.strictObject({
  type: z.literal("start"),
  kind: z.string(),
  params: z.record(z.string(), z.unknown()),
  seed: z.int(),
  threads: z.int(),
  device: z.string(),
  accumulate: z.int().min(1),
  inputs: z.record(z.string(), z.string()),
  workDir: z.string(),
  checkpoint: z.strictObject({ step: z.int(), path: z.string() }).nullable(),
  /** Line that the process prints on both streams when the attempt has printed all it will. */
  endMark: z.string().min(1),
});

export const stopReasons = ["cancelled", "preempted", "lost-lease"] as const;
export type StopReason = (typeof stopReasons)[number];

const abortMessage = z.strictObject({ type: z.literal("abort"), reason: z.enum(stopReasons) });

/** Answer to a request: absent failure means that what was asked is safe. */
const replyMessage = z.strictObject({ type: z.literal("reply"), id: z.int(), failure: failureSchema.optional() });

export const messageToChild = z.discriminatedUnion("type", [startMessage, abortMessage, replyMessage]);
export type MessageToChild = z.infer<typeof messageToChild>;
export type StartMessage = z.infer<typeof startMessage>;

// Steps are int4 in the database.
const step = z.int32().min(0);
// NaN and infinity are results too: a diverged loss is shown as it is.
const anyNumber = z.custom<number>((value) => typeof value === "number", "expected a number");
const metricPoint = z.strictObject({ key: z.string().min(1), step, value: anyNumber });
export type MetricPoint = z.infer<typeof metricPoint>;

const logLine = z.strictObject({
  at: z.date(),
  level: z.enum(["debug", "info", "warn", "error"]),
  message: z.string(),
});
export type LogLine = z.infer<typeof logLine>;

const doneOfTotal = z.strictObject({ done: z.number(), total: z.number(), unit: z.string() });
export type DoneOfTotal = z.infer<typeof doneOfTotal>;

const reportsMessage = z.strictObject({
  type: z.literal("reports"),
  points: z.array(metricPoint),
  lines: z.array(logLine),
  progress: doneOfTotal.nullable(),
});

const evaluationResult = z.strictObject({
  dataset: z.string(),
  split: z.string(),
  condition: z.string(),
  metrics: z.record(z.string(), z.number()),
  samples: z.array(
    z.strictObject({
      sampleId: z.string(),
      clusterId: z.string(),
      score: z.number(),
      detail: z.record(z.string(), z.unknown()),
      imagePng: z.custom<Uint8Array>((value) => value instanceof Uint8Array, "expected bytes").optional(),
    }),
  ),
});

export const request = z.discriminatedUnion("type", [
  z.strictObject({
    type: z.literal("artifact"),
    name: z.string(),
    path: z.string(),
    meta: z.record(z.string(), z.unknown()),
  }),
  z.strictObject({ type: z.literal("checkpoint"), step, path: z.string() }),
  z.strictObject({ type: z.literal("evaluation"), result: evaluationResult }),
]);
export type Request = z.infer<typeof request>;

export const messageFromChild = z.discriminatedUnion("type", [
  reportsMessage,
  z.strictObject({ type: z.literal("request"), id: z.int(), request }),
  /** isReusable: the process has left nothing open and waits for another attempt. */
  z.strictObject({ type: z.literal("finished"), isReusable: z.literal(true).optional() }),
  z.strictObject({ type: z.literal("failed"), failure: failureSchema }),
  /** The stage gave way to an abort. */
  z.strictObject({ type: z.literal("stopped") }),
]);
export type MessageFromChild = z.infer<typeof messageFromChild>;
