import { z } from "zod";

/** Content of the artifact "report". */
export const diagnosticReport = z.strictObject({ steps: z.int(), seed: z.int(), digest: z.string() });
export type DiagnosticReport = z.infer<typeof diagnosticReport>;

/** Content of a checkpoint. */
export const diagnosticCheckpoint = z.strictObject({ step: z.int(), digest: z.string(), climbed: z.number() });
