import { z } from "zod";

/** For how long something has been at work: what it stood still, paused or ended before it was tried again, does not count. */
export const clock = z.object({
  /** Its start, moved on by what it stood still. */
  from: z.date(),
  /** When it ended or was paused; null while it goes on. */
  to: z.date().nullable(),
});
export type Clock = z.infer<typeof clock>;
