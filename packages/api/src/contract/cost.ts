import { z } from "zod";

/** Seconds that a device was given to attempts: one stage on one device for a second is one. */
export const cost = z.object({
  /** Of all attempts, also of those that failed or were lost. */
  deviceSeconds: z.number(),
  /** Part of it whose attempts left no result; those that gave way and left a checkpoint are no part of it. */
  wastedDeviceSeconds: z.number(),
  /** What the stages that were taken from earlier launches would have cost once more. */
  savedDeviceSeconds: z.number(),
});
export type Cost = z.infer<typeof cost>;
