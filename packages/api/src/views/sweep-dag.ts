import { groupBy } from "@retort/core";
import type { Database, SweepStageRow } from "@retort/db";
import type { SweepDag } from "../contract/sweep.ts";
import { stageTitle } from "./stage-title.ts";
import { findSweepRow } from "./sweep.ts";

/** Stages of one name that are drawn one by one; the rest are one node. */
const maxSingle = 12;

type Node = SweepDag["nodes"][number];

/**
 * The stages of all runs of a sweep, equal ones drawn once. Of each name the most shared are nodes of their own, the others one
 * node together, so that a sweep of 500 runs stays readable.
 * @throws NotFoundError
 */
export async function findSweepDag(db: Database, sweepId: string): Promise<SweepDag> {
  await findSweepRow(db, sweepId);
  const stages = await db.sweeps.stages(sweepId);
  const nodeOf = new Map<string, string>();
  const groups = new Map<string, SweepStageRow[]>();
  for (const [name, members] of groupBy(stages, (stage) => stage.name)) {
    const single = members.length <= maxSingle ? members : sharedMost(members);
    for (const stage of members) {
      const id = single.includes(stage) ? stage.id : `group:${name}`;
      nodeOf.set(stage.id, id);
      groups.set(id, [...(groups.get(id) ?? []), stage]);
    }
  }
  const layers = layersOf(stages);
  const edges = new Map<string, SweepDag["edges"][number]>();
  for (const { id, sourceIds } of stages) {
    const to = nodeOf.get(id)!;
    for (const from of new Set(sourceIds.flatMap((source) => nodeOf.get(source) ?? []))) {
      const edge = edges.get(`${from} ${to}`) ?? { from, to, numStages: 0 };
      edges.set(`${from} ${to}`, { ...edge, numStages: edge.numStages + 1 });
    }
  }
  return { nodes: [...groups].map(([id, members]) => toNode(id, members, layers)), edges: [...edges.values()] };
}

function sharedMost(members: readonly SweepStageRow[]): SweepStageRow[] {
  return members
    .filter(({ numRuns }) => numRuns > 1)
    .sort((a, b) => b.numRuns - a.numRuns)
    .slice(0, maxSingle);
}

function toNode(id: string, members: readonly SweepStageRow[], layers: ReadonlyMap<string, number>): Node {
  const [first] = members;
  const isSingle = members.length === 1;
  const statuses: Node["statuses"] = {};
  for (const { status } of members) statuses[status] = (statuses[status] ?? 0) + 1;
  return {
    id,
    name: first!.name,
    kind: first!.kind,
    title: stageTitle(first!.kind),
    contentKey: isSingle ? first!.contentKey : null,
    stageId: isSingle ? first!.id : null,
    numStages: members.length,
    numRuns: members.reduce((sum, { numRuns }) => sum + numRuns, 0),
    shared: members.some(({ numRuns }) => numRuns > 1),
    numReused: members.filter(({ isReused }) => isReused).length,
    statuses,
    deviceSeconds: members.reduce((sum, { deviceSeconds }) => sum + deviceSeconds, 0),
    layer: Math.max(...members.map((stage) => layers.get(stage.id)!)),
  };
}

/** Longest way from a stage without inputs; rows come with sources first. */
function layersOf(stages: readonly SweepStageRow[]): Map<string, number> {
  const byId = new Map(stages.map((stage) => [stage.id, stage]));
  const layers = new Map<string, number>();
  const layerOf = (id: string): number => {
    const known = layers.get(id);
    if (known !== undefined) return known;
    const sources = (byId.get(id)?.sourceIds ?? []).filter((source) => byId.has(source));
    const layer = sources.length === 0 ? 0 : 1 + Math.max(...sources.map(layerOf));
    layers.set(id, layer);
    return layer;
  };
  for (const { id } of stages) layerOf(id);
  return layers;
}
