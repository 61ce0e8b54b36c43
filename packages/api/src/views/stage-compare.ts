import { diffKeyParts, type KeyDifference, type KeyParts } from "@retort/core";
import type { Database, StageRow } from "@retort/db";
import type { StageComparison } from "../contract/stage.ts";
import { findStage } from "./stage.ts";

/** Chains of stages are followed so far; no recipe is as long. */
const maxDepth = 32;

/**
 * The parts of the content key in which two stages differ; none for the same stage. Where an input differs, the stage behind it is
 * taken apart in turn, down to the cause. @throws NotFoundError
 */
export async function compareStages(db: Database, stageId: string, otherId: string): Promise<StageComparison> {
  const [ours, theirs] = await Promise.all([findStage(db, stageId), findStage(db, otherId)]);
  return { isSame: ours.contentKey === theirs.contentKey, differences: await causes(db, ours, theirs) };
}

type Difference = StageComparison["differences"][number];

async function causes(db: Database, ours: StageRow, theirs: StageRow, via: string[] = []): Promise<Difference[]> {
  const found: Difference[] = [];
  for (const difference of diffKeyParts(partsOf(ours), partsOf(theirs))) {
    const input = /^inputs\.(.+)\.contentKey$/.exec(difference.path)?.[1];
    const sources = input === undefined ? null : await sourcesOf(db, difference);
    if (input === undefined || sources === null || via.length >= maxDepth) found.push({ via, ...difference });
    else found.push(...(await causes(db, ...sources, [...via, input])));
  }
  return found;
}

/** The two stages behind an input that differs; null when one has no such input, or another kind of stage gives it. */
async function sourcesOf(db: Database, { ours, theirs }: KeyDifference): Promise<[StageRow, StageRow] | null> {
  if (typeof ours !== "string" || typeof theirs !== "string") return null;
  const [left, right] = await Promise.all([db.stages.byContentKey(ours), db.stages.byContentKey(theirs)]);
  return left === null || right === null || left.kind !== right.kind ? null : [left, right];
}

/** What was stored is what was hashed. */
function partsOf({ keyParts }: StageRow): KeyParts {
  return keyParts as unknown as KeyParts;
}
