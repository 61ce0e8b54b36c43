import { classify, type Failure, isStageKind, type StageDefinition, stageDefinitions } from "@retort/core";
import { StoreError } from "@retort/store";
import type { LastWord } from "../child/stage-outcome.ts";
import type { ProcessEnd } from "./attempt-process.ts";
import type { StopReason } from "./messages.ts";
import { postMortem } from "./post-mortem.ts";

/** Everything that is known of an attempt that did not succeed. */
export interface Evidence {
  end: ProcessEnd;
  lastWord: LastWord | null;
  /** Why its worker told it to stop, if it did. */
  stopReason: StopReason | null;
  /** What it gave way to, if it was preempted. */
  gaveWayTo: GaveWayTo;
  /** The stage has a checkpoint to go on from. */
  hasCheckpoint: boolean;
  /** What went wrong on the worker's side: reports that cannot be stored, a message that makes no sense. */
  ownFailure: Failure | null;
  memoryLimitBytes: number;
  /** Its last lines. */
  output: string;
}

/** Why an attempt failed, the nearest cause first: what follows from a stop is not mistaken for a failure of its own. */
export function failureFrom(evidence: Evidence): Failure {
  const { end, lastWord, stopReason, ownFailure, memoryLimitBytes, output } = evidence;
  const remains = { ...end, memoryLimitBytes, output };
  if (ownFailure !== null) return { ...ownFailure, lastOutput: output };
  if (end.exceededMemory) return postMortem(remains);
  if (lastWord?.type === "failed") return { ...lastWord.failure, lastOutput: output };
  if (stopReason !== null) return { ...failureOfStop(stopReason, evidence), lastOutput: output };
  if (lastWord?.type === "stopped") return { ...terminated, lastOutput: output };
  return postMortem(remains);
}

/** What a preempted attempt gives way to. */
export type GaveWayTo = "a more urgent stage" | "a pause of its runs" | "the end of its worker";

export function failureOfStop(
  reason: StopReason,
  { gaveWayTo, hasCheckpoint }: Pick<Evidence, "gaveWayTo" | "hasCheckpoint">,
): Failure {
  if (reason === "preempted") {
    const goesOn = hasCheckpoint ? "goes on from its newest checkpoint" : "has no checkpoint yet and begins anew";
    return {
      kind: "preempted",
      code: "PREEMPTED",
      message: `The attempt gave way to ${gaveWayTo}; the stage ${goesOn}`,
    };
  }
  return {
    // A cancelled attempt is recorded as cancelled; its failure is never written.
    kind: reason === "lost-lease" ? "lost-lease" : "preempted",
    code: reason.toUpperCase().replace("-", "_"),
    message: `The attempt was stopped: ${reason}`,
  };
}

const terminated: Failure = {
  kind: "preempted",
  code: "TERMINATED",
  message: "The attempt's process was told to end by somebody else than its worker",
};

/** Of what was thrown in the worker on behalf of a stage. A store that lost or damaged something is no fault of the stage. */
export function failureOfError(error: unknown): Failure {
  return error instanceof StoreError ? { ...classify(error), kind: "infrastructure" } : classify(error);
}

/** Outputs that a stage of the kind always leaves. */
export function declaredOutputs(kind: string): string[] {
  const outputs: StageDefinition["outputs"] = isStageKind(kind) ? stageDefinitions[kind].outputs : {};
  return Object.keys(outputs).filter((name) => !outputs[name]!.optional);
}

/** What depends on a stage may rely on every output that its kind declares; null when all are there. */
export function missingOutput(kind: string, recorded: readonly string[]): Failure | null {
  const missing = declaredOutputs(kind).filter((name) => !recorded.includes(name));
  if (missing.length === 0) return null;
  return {
    kind: "user",
    code: "MISSING_OUTPUT",
    message: `The stage ended without an output that its kind "${kind}" declares`,
    expected: missing.join(", "),
    got: recorded.join(", ") || "none",
  };
}
