import type { z } from "zod";

/** The browser-safe half of a source of pictures; its loader stands in loaders.ts [node]. */
export interface AnomalySourceDefinition<Schema extends z.ZodType = z.ZodType, Kind extends string = string> {
  kind: Kind;
  title: string;
  summary: string;
  /** Holds `kind` as a literal. Every field has a .describe() text: forms, CLI help and docs are made from it. */
  params: Schema;
  /** One line that tells this choice of parameters from others. */
  describe(params: z.infer<Schema>): string;
}

export function defineAnomalySource<const Kind extends string, Schema extends z.ZodType<{ kind: Kind }>>(
  definition: AnomalySourceDefinition<Schema, Kind>,
): AnomalySourceDefinition<Schema, Kind> {
  return definition;
}
