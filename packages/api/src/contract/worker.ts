import { z } from "zod";

export const worker = z.object({
  id: z.string(),
  name: z.string(),
  host: z.string(),
  pid: z.number().int(),
  devices: z.array(z.string()),
  threads: z.number(),
  memoryBytes: z.number(),
  status: z.enum(["online", "draining", "gone"]),
  startedAt: z.date(),
  heartbeatAt: z.date(),
  /** Stages that it runs now. */
  stageIds: z.array(z.string()),
});
export type Worker = z.infer<typeof worker>;
