import fc from "fast-check";
import { afterAll, beforeAll, beforeEach, describe, expect, inject, it } from "vitest";
import { createDatabase, type Database } from "./database.ts";
import type { MetricPoint, SeriesBucket } from "./metrics.ts";
import type { ClaimedStage } from "./stages.ts";
import { createTestDatabase } from "./testing.ts";
import { claimed, launch, plannedStage, testWorker } from "./testing-fixtures.ts";

let db: Database;
let workerId: string;
let stage: ClaimedStage;
let count = 0;

beforeAll(async () => {
  db = createDatabase({ url: await createTestDatabase(inject("postgresUrl")), poolSize: 10 });
  workerId = (await db.workers.register(testWorker)).id;
});
afterAll(() => db.close());
beforeEach(async () => {
  stage = await newStage();
});

async function newStage(leaseMs = 60_000): Promise<ClaimedStage> {
  const name = `train-${count++}`;
  const runId = await launch(db, [plannedStage(name)]);
  return claimed(db, { workerId, leaseMs, runId, name });
}

/** The same stage by its next attempt, after the present one was lost. */
async function takeOver(): Promise<ClaimedStage> {
  await db.pool.query("UPDATE stage SET lease_expires_at = now() - interval '1 s' WHERE id = $1", [stage.id]);
  await db.stages.reclaimExpired();
  const next = await db.stages.claim({ workerId, capabilities: testWorker, leaseMs: 60_000, stageId: stage.id });
  return next!;
}

const points = (key: string, from: number, to: number, value = (step: number) => step): MetricPoint[] =>
  Array.from({ length: to - from + 1 }, (_, i) => ({ key, step: from + i, value: value(from + i) }));
const stored = async () =>
  (
    await db.pool.query<MetricPoint>("SELECT key, step, value FROM metric WHERE stage_id = $1 ORDER BY key, step", [
      stage.id,
    ])
  ).rows;

describe("write", () => {
  it("stores points once, however often they are sent, in any order", async () => {
    const batch = [...points("loss", 0, 99), ...points("lr", 0, 99)].sort(() => Math.random() - 0.5);
    await Promise.all(Array.from({ length: 4 }, () => db.metrics.write(stage.fence, batch)));
    await db.metrics.write(stage.fence, points("loss", 50, 60));
    expect(await stored()).toEqual([...points("loss", 0, 99), ...points("lr", 0, 99)]);
    expect(await db.metrics.latest(stage.id)).toMatchObject([
      { key: "loss", step: 99, value: 99 },
      { key: "lr", step: 99, value: 99 },
    ]);
  });

  it("does not touch rows that it finds as they should be", async () => {
    const rowVersions = async () =>
      (await db.pool.query("SELECT xmin::text FROM metric WHERE stage_id = $1 ORDER BY step", [stage.id])).rows;
    await db.metrics.write(stage.fence, points("loss", 0, 9));
    const before = await rowVersions();
    await db.metrics.write(stage.fence, points("loss", 0, 9));
    expect(await rowVersions()).toEqual(before);
  });

  it("keeps the last of two values for one step, and NaN and infinities as they are", async () => {
    await db.metrics.write(stage.fence, [
      { key: "loss", step: 1, value: 1 },
      { key: "loss", step: 1, value: 2 },
      { key: "loss", step: 2, value: Number.NaN },
      { key: "loss", step: 3, value: Number.NEGATIVE_INFINITY },
    ]);
    expect((await stored()).map(({ value }) => value)).toEqual([2, Number.NaN, Number.NEGATIVE_INFINITY]);
  });

  it("takes more points than a statement does", async () => {
    await db.metrics.write(stage.fence, points("loss", 0, 12_344));
    expect(await stored()).toHaveLength(12_345);
    expect(await db.metrics.latest(stage.id)).toMatchObject([{ step: 12_344 }]);
  });

  it("of many workers at once loses nothing", async () => {
    const stages = await Promise.all(Array.from({ length: 6 }, () => newStage()));
    await Promise.all(
      stages.flatMap(({ fence }) =>
        Array.from({ length: 5 }, (_, batch) =>
          db.metrics.write(fence, points("loss", batch * 100, batch * 100 + 149)),
        ),
      ),
    );
    for (const { id } of stages) {
      const { rows } = await db.pool.query("SELECT count(*) AS n, sum(value) AS sum FROM metric WHERE stage_id = $1", [
        id,
      ]);
      expect(rows[0]).toEqual({ n: 550, sum: (549 * 550) / 2 });
    }
  });
});

describe("rollback", () => {
  it("takes back what lies after the checkpoint, and says so on the attempt", async () => {
    await db.metrics.write(stage.fence, [
      ...points("loss", 1, 100),
      ...points("early", 1, 30),
      ...points("late", 90, 95),
    ]);
    const next = await takeOver();
    expect(await db.metrics.rollback(next.fence, 50)).toEqual({ droppedPoints: 56 });
    expect(await stored()).toEqual([...points("early", 1, 30), ...points("loss", 1, 50)]);
    expect(await db.metrics.latest(stage.id)).toMatchObject([
      { key: "early", step: 30 },
      { key: "loss", step: 50, value: 50 },
    ]);
    expect((await db.attempts.forStage(stage.id))[1]).toMatchObject({ resumedFromStep: 50, droppedPoints: 56 });
    await db.metrics.write(next.fence, points("loss", 51, 60));
    expect(await db.metrics.rollback(next.fence, 50)).toEqual({ droppedPoints: 0 });
    expect((await db.metrics.latest(stage.id))[1]).toMatchObject({ key: "loss", step: 60 });
  });

  it("without a checkpoint takes everything back, step 0 as well", async () => {
    await db.metrics.write(stage.fence, points("loss", 0, 9));
    const next = await takeOver();
    expect(await db.metrics.rollback(next.fence, null)).toEqual({ droppedPoints: 10 });
    expect(await stored()).toEqual([]);
    expect(await db.metrics.latest(stage.id)).toEqual([]);
  });
});

describe("series", () => {
  it("gives few points as they are, uneven steps too", async () => {
    const steps = [0, 1, 5, 1_000, 1_000_000];
    await db.metrics.write(
      stage.fence,
      steps.map((step) => ({ key: "accuracy", step, value: step / 2 })),
    );
    const { accuracy } = await db.metrics.series({ stageId: stage.id, keys: ["accuracy"], maxPoints: 5 });
    expect(accuracy).toEqual(steps.map((step) => ({ step, min: step / 2, max: step / 2, last: step / 2 })));
  });

  it("keeps the spike, the floor and the end of 10,000 points in 100 buckets", async () => {
    const value = (step: number) => (step === 4_321 ? 99 : step === 4_322 ? -99 : 1 / (step + 1));
    await db.metrics.write(stage.fence, points("loss", 0, 9_999, value));
    const { loss } = await db.metrics.series({ stageId: stage.id, maxPoints: 100 });
    expect(loss).toHaveLength(100);
    expect(loss?.[43]).toEqual({ step: 4_399, min: -99, max: 99, last: value(4_399) });
    expect(loss?.[0]).toEqual({ step: 99, min: value(99), max: 1, last: value(99) });
    expect(loss?.at(-1)?.step).toBe(9_999);
  });

  it("agrees with buckets computed here, for any steps", async () => {
    const anyPoints = fc.uniqueArray(fc.record({ step: fc.nat(5_000), value: fc.integer({ min: -50, max: 50 }) }), {
      selector: ({ step }) => step,
      minLength: 1,
      maxLength: 200,
    });
    await fc.assert(
      fc.asyncProperty(anyPoints, fc.integer({ min: 1, max: 50 }), async (sample, maxPoints) => {
        const key = `property-${count++}`;
        await db.metrics.write(
          stage.fence,
          sample.map((point) => ({ key, ...point })),
        );
        const got = (await db.metrics.series({ stageId: stage.id, keys: [key], maxPoints }))[key];
        expect(got).toEqual(bucketsOf(sample, maxPoints));
        expect(got?.length).toBeLessThanOrEqual(maxPoints);
      }),
      { numRuns: 40 },
    );
  });

  it("of an unknown key is empty", async () => {
    expect(await db.metrics.series({ stageId: stage.id, keys: ["none"], maxPoints: 5 })).toEqual({ none: [] });
  });
});

function bucketsOf(sample: readonly { step: number; value: number }[], maxPoints: number): SeriesBucket[] {
  const sorted = [...sample].sort((a, b) => a.step - b.step);
  const first = sorted[0]!.step;
  const width = sorted.length <= maxPoints ? 1 : Math.floor((sorted.at(-1)!.step - first) / maxPoints) + 1;
  const buckets = new Map<number, SeriesBucket>();
  for (const { step, value } of sorted) {
    const index = Math.floor((step - first) / width);
    const { min, max } = buckets.get(index) ?? { min: value, max: value };
    buckets.set(index, { step, min: Math.min(min, value), max: Math.max(max, value), last: value });
  }
  return [...buckets.values()];
}

describe("a live reader", () => {
  it("sees every point once, in batches", async () => {
    await db.metrics.write(stage.fence, [...points("loss", 1, 25), ...points("lr", 1, 3)]);
    const first = await db.metrics.after({ stageId: stage.id, cursor: null, limit: 10 });
    expect(first).toMatchObject({
      points: [...points("loss", 1, 10), ...points("lr", 1, 3)],
      hasMore: true,
      rolledBackTo: null,
    });
    const second = await db.metrics.after({ stageId: stage.id, cursor: first.cursor, limit: 10 });
    expect(second.points).toEqual(points("loss", 11, 20));
    const third = await db.metrics.after({ stageId: stage.id, cursor: second.cursor, limit: 10 });
    expect(third).toMatchObject({ points: points("loss", 21, 25), hasMore: false });
    await db.metrics.write(stage.fence, [...points("loss", 26, 27), ...points("new", 0, 0)]);
    const fourth = await db.metrics.after({ stageId: stage.id, cursor: JSON.parse(JSON.stringify(third.cursor)) });
    expect(fourth.points).toEqual([...points("loss", 26, 27), ...points("new", 0, 0)]);
    expect((await db.metrics.after({ stageId: stage.id, cursor: fourth.cursor })).points).toEqual([]);
  });

  it("is told of points that were taken back, and gets the new ones", async () => {
    await db.metrics.write(stage.fence, [...points("loss", 1, 100), ...points("late", 80, 90)]);
    const seen = await db.metrics.after({ stageId: stage.id, cursor: null });
    const next = await takeOver();
    await db.metrics.rollback(next.fence, 50);
    const told = await db.metrics.after({ stageId: stage.id, cursor: seen.cursor });
    expect(told).toMatchObject({ points: [], rolledBackTo: 50 });
    const better = points("loss", 51, 70, (step) => -step);
    await db.metrics.write(next.fence, better);
    const after = await db.metrics.after({ stageId: stage.id, cursor: told.cursor });
    expect(after).toMatchObject({ points: better, rolledBackTo: null });
    // A reader that slept through it all.
    expect(await db.metrics.after({ stageId: stage.id, cursor: seen.cursor })).toMatchObject({
      points: better,
      rolledBackTo: 50,
    });
  });
});
