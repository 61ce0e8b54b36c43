import { failureSchema } from "@retort/core";

/** A failure as the pages and the CLI show it: what was expected, what came instead, where, what to do. */
export const failure = failureSchema;
export type { Failure } from "@retort/core";
