import { z } from "zod";

export interface JobDefinition {
  /** Ids only: what they stand for is read from Postgres, so a job that comes late or twice does no harm. */
  payload: z.ZodType<Record<string, unknown>>;
  /** How often a handler that throws is called again, and the wait before the first time; it doubles from there. */
  retries: number;
  firstDelayMs: number;
}

/** Every kind of job. To add one: a line here and a consumer. */
export const jobs = {
  /** A stage is ready: whoever has room claims it, or a more urgent one. */
  "stage.wake": { payload: z.strictObject({ stageId: z.uuid() }), retries: 3, firstDelayMs: 1_000 },
} satisfies Record<string, JobDefinition>;

export type JobName = keyof typeof jobs;
export type JobPayload<N extends JobName> = z.infer<(typeof jobs)[N]["payload"]>;

export const jobNames = Object.keys(jobs) as JobName[];
