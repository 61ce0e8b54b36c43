import { DeviceError, DivergedError, RetortError } from "@retort/engine";
import { z } from "zod";
import { DataError } from "../base/errors.ts";

export const failureKinds = [
  "user",
  "data",
  "out-of-memory",
  "diverged",
  "lost-lease",
  "preempted",
  "infrastructure",
] as const;
export type FailureKind = (typeof failureKinds)[number];

/** Why an attempt ended without a result, as it is stored and shown. */
export const failureSchema = z.object({
  kind: z.enum(failureKinds),
  /** Stable, SHOUTING_SNAKE_CASE. */
  code: z.string(),
  message: z.string(),
  expected: z.string().optional(),
  got: z.string().optional(),
  where: z.string().optional(),
  fix: z.string().optional(),
  /** The last lines that the attempt's process printed. */
  lastOutput: z.string().optional(),
});
export type Failure = z.infer<typeof failureSchema>;

export interface RetryBudget {
  /** How many failures of this kind are followed by another attempt. */
  retries: number;
  firstDelayMs: number;
  maxDelayMs: number;
}

export type BudgetedKind = Exclude<FailureKind, "lost-lease">;

const never: RetryBudget = { retries: 0, firstDelayMs: 0, maxDelayMs: 0 };

/**
 * Each kind has its own budget: a stage that was preempted ten times has still all of its retries for a broken disk. A lost lease has none:
 * the stage is taken up again at once, and quarantined at takedownLimit.
 */
export const retryBudgets = {
  // The same input gives the same end: somebody has to change something first.
  user: never,
  data: never,
  diverged: never,
  // Once, since a neighbour may have taken the memory.
  "out-of-memory": { retries: 1, firstDelayMs: 5_000, maxDelayMs: 5_000 },
  preempted: { retries: 100, firstDelayMs: 0, maxDelayMs: 0 },
  infrastructure: { retries: 3, firstDelayMs: 1_000, maxDelayMs: 60_000 },
} satisfies Record<BudgetedKind, RetryBudget>;

/** A stage that has taken down so many processes or workers, and got no further meanwhile, is quarantined. */
export const takedownLimit = 4;

export const quarantineFix = "Look at its last output and its memory; retort release <run> lets it run again";

/** Whether the attempt took its process, or its whole worker, down. */
export function isTakedown({ kind, code }: Failure): boolean {
  return kind === "lost-lease" || code === "PROCESS_KILLED";
}

/** What is stored for a stage that is quarantined. */
export function quarantineFailure(last: Failure, takedowns: number): Failure {
  return {
    ...last,
    code: "QUARANTINED",
    message: `The stage took down ${takedowns} processes or workers and is quarantined; at last: ${last.message}`,
    fix: quarantineFix,
  };
}

export interface RetryDecision {
  retry: boolean;
  delayMs: number;
}

/** Whether an attempt that failed is followed by another, given how many earlier attempts of the stage failed in the same way. */
export function retryDecision(kind: BudgetedKind, earlierOfKind: number): RetryDecision {
  const { retries, firstDelayMs, maxDelayMs }: RetryBudget = retryBudgets[kind];
  if (earlierOfKind >= retries) return { retry: false, delayMs: 0 };
  return { retry: true, delayMs: Math.min(firstDelayMs * 4 ** earlierOfKind, maxDelayMs) };
}

/** Turns whatever was thrown into a failure. Never throws. */
export function classify(error: unknown): Failure {
  if (error instanceof RetortError) {
    const { code, expected, got, where, fix } = error;
    return { kind: kindOf(error), code, message: error.message, expected, got, where, fix };
  }
  const message = error instanceof Error ? error.message : String(error);
  if (saysOutOfMemory(message)) return { kind: "out-of-memory", code: "ALLOCATION_FAILED", message };
  return { kind: "infrastructure", code: systemCode(error) ?? "UNEXPECTED_ERROR", message: message || "unknown error" };
}

function kindOf(error: RetortError): FailureKind {
  if (error.code === "LOST_LEASE") return "lost-lease";
  if (error instanceof DivergedError) return "diverged";
  if (error instanceof DataError) return "data";
  if (error instanceof DeviceError) return "user";
  return saysOutOfMemory(error.message) ? "out-of-memory" : "user";
}

// What V8, libstdc++, glibc, ONNX Runtime and sharp say when memory runs out.
const outOfMemoryTexts = [
  "JavaScript heap out of memory",
  "Array buffer allocation failed",
  "std::bad_alloc",
  "Failed to allocate memory",
  "Cannot allocate memory",
  "out of memory",
  "ENOMEM",
];

/** Whether a message or the output of a process tells that an allocation failed. */
export function saysOutOfMemory(text: string): boolean {
  return outOfMemoryTexts.some((part) => text.includes(part));
}

/** ENOSPC, ECONNRESET ...: the code that Node gives to errors of the system. */
function systemCode(error: unknown): string | undefined {
  if (!(error instanceof Error) || !("code" in error)) return undefined;
  return typeof error.code === "string" && /^[A-Z][A-Z0-9_]*$/.test(error.code) ? error.code : undefined;
}
