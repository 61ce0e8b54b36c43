import { finerAccumulate, isStageKind, parseParams, type StageKind, stageDefinitions } from "@retort/core";
import type { ClaimedStage } from "@retort/db";

/**
 * Into how many micro-batches the next attempt cuts its training steps, after this one ran out of memory: the same examples make a step,
 * half as many at a time. Null when the kind does not train, or its batch cannot be halved any further.
 */
export function finerMicroBatches({ kind, params, accumulate }: Pick<ClaimedStage, "kind" | "params" | "accumulate">) {
  const batchSize = isStageKind(kind) ? batchSizeOf(kind, params) : null;
  return batchSize === null ? null : finerAccumulate(batchSize, accumulate);
}

function batchSizeOf<K extends StageKind>(kind: K, params: Record<string, unknown>): number | null {
  const definition = stageDefinitions[kind];
  return definition.batchSize?.(parseParams(definition.params, params, kind)) ?? null;
}
