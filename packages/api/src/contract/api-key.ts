import { z } from "zod";

/** A key without its secret, which is told once, to whoever makes it. */
export const apiKey = z.object({
  id: z.string(),
  name: z.string(),
  createdAt: z.date(),
  /** To the minute; null before its first use. */
  lastUsedAt: z.date().nullable(),
});
export type ApiKey = z.infer<typeof apiKey>;
