import { z } from "zod";

export const projectSlug = z
  .string()
  .regex(/^[a-z0-9]+(-[a-z0-9]+)*$/, "lower-case letters, digits and single hyphens")
  .max(60);

export const project = z.object({ id: z.string(), slug: z.string(), name: z.string(), createdAt: z.date() });
export type Project = z.infer<typeof project>;
