import { z } from "zod";

export const projectSlug = z
  .string()
  .regex(/^[a-z0-9]+(-[a-z0-9]+)*$/, "lower-case letters, digits and single hyphens")
  .max(60);

export const project = z.object({
  id: z.string(),
  slug: z.string(),
  name: z.string(),
  /** At most so many of its stages run at once; null for no limit. */
  maxRunning: z.number().int().nullable(),
  /** Of several projects that want one machine, each gets stages in proportion to its share. */
  share: z.number(),
  /** Keeps its results to itself: its stages are neither given to other projects nor taken from them. */
  isIsolated: z.boolean(),
  createdAt: z.date(),
});
export type Project = z.infer<typeof project>;
