import { clusteredStandardError, pairedTInterval, studentHalfWidth } from "@retort/core/metrics";
import type { Database, MeasuredRun, SampleScore } from "@retort/db";
import type { Comparison, ComparisonRequest } from "../contract/comparison.ts";

const confidence = 0.95;

interface Group {
  runs: MeasuredRun[];
  scores: SampleScore[];
}

/** Paired differences of several groups of runs against one. A group that has not been measured has none. */
export async function compareRuns(db: Database, request: ComparisonRequest): Promise<Comparison[]> {
  const { baseline, others, metric, ...where } = request;
  const read = async (runIds: readonly string[]): Promise<Group> => {
    const runs = await db.evaluations.measured({ ...where, runIds, metric });
    // Scores of a metric such as AUROC are no parts of a mean: their differences would mean nothing.
    const scores = isMeanOfSamples(runs) ? await db.evaluations.scores({ ...where, runIds }) : [];
    return { runs, scores };
  };
  const reference = await read(baseline);
  const found: Comparison[] = [];
  // One after the other: a group may have ten thousand samples.
  for (const { id, runIds } of others) {
    const group = await read(runIds);
    found.push({ id, overSamples: overSamples(group, reference), overSeeds: overSeeds(group, reference) });
  }
  return found;
}

function isMeanOfSamples(runs: readonly MeasuredRun[]): boolean {
  return (
    runs.length > 0 && runs.every(({ value, meanScore }) => meanScore !== null && Math.abs(value - meanScore) < 1e-9)
  );
}

function overSamples(group: Group, reference: Group): Comparison["overSamples"] {
  const expected = new Map(reference.scores.map(({ sampleId, score }) => [sampleId, score]));
  const pairs = group.scores.flatMap(({ sampleId, clusterId, score }) => {
    const other = expected.get(sampleId);
    return other === undefined ? [] : [{ clusterId, difference: score - other }];
  });
  const clusters = pairs.map(({ clusterId }) => clusterId);
  if (new Set(clusters).size < 2) return null;
  const { mean, seCr0, numClusters } = clusteredStandardError(
    pairs.map(({ difference }) => difference),
    clusters,
  );
  // Cameron and Miller 2015: few clusters ask for G / (G - 1) and Student's t with G - 1 degrees of freedom.
  const error = seCr0 * Math.sqrt(numClusters / (numClusters - 1));
  const half = studentHalfWidth(confidence, numClusters - 1) * error;
  return { mean, low: mean - half, high: mean + half, n: pairs.length, numClusters };
}

function overSeeds(group: Group, reference: Group): Comparison["overSeeds"] {
  const expected = new Map(reference.runs.map(({ seed, value }) => [seed, value]));
  const pairs = group.runs.flatMap(({ seed, value }) => {
    const other = expected.get(seed);
    return other === undefined ? [] : [[value, other] as const];
  });
  if (pairs.length < 2) return null;
  const { meanDifference, low, high } = pairedTInterval(
    { a: pairs.map(([a]) => a), b: pairs.map(([, b]) => b) },
    { confidence },
  );
  return { mean: meanDifference, low, high, n: pairs.length };
}
