import fc from "fast-check";
import { afterAll, beforeAll, beforeEach, describe, expect, inject, it } from "vitest";
import { createDatabase, type Database } from "./database.ts";
import type { MetricPoint, SeriesBucket } from "./metrics.ts";
import { bucketing } from "./metrics-series.ts";
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

  it("keeps the spike, the floor and the end of 10,000 points in at most 100 buckets", async () => {
    const value = (step: number) => (step === 4_321 ? 99 : step === 4_322 ? -99 : 1 / (step + 1));
    await db.metrics.write(stage.fence, points("loss", 0, 9_999, value));
    const { loss } = await db.metrics.series({ stageId: stage.id, maxPoints: 100 });
    // 128 steps each: the next multiple of the rollup's 64.
    expect(loss).toHaveLength(79);
    expect(loss?.[33]).toEqual({ step: 4_351, min: -99, max: 99, last: value(4_351) });
    expect(loss?.[0]).toEqual({ step: 127, min: value(127), max: 1, last: value(127) });
    expect(loss?.at(-1)).toEqual({ step: 9_999, min: value(9_999), max: value(9_984), last: value(9_999) });
    const { loss: fine } = await db.metrics.series({ stageId: stage.id, maxPoints: 1_000 });
    expect(fine).toHaveLength(1_000);
    expect(fine?.[432]).toMatchObject({ step: 4_329, min: -99, max: 99 });
  });

  it("agrees with buckets computed here: any steps, any rewrites, after a rollback too", async () => {
    const anyPoints = fc.array(fc.record({ step: fc.nat(5_000), value: fc.integer({ min: -50, max: 50 }) }), {
      minLength: 1,
      maxLength: 150,
    });
    await fc.assert(
      fc.asyncProperty(anyPoints, anyPoints, fc.integer({ min: 1, max: 50 }), fc.nat(5_000), async (...sample) => {
        const [first, second, maxPoints, afterStep] = sample;
        stage = await newStage();
        const truth = new Map<number, number>();
        const check = async () => {
          const got = await db.metrics.series({ stageId: stage.id, keys: ["loss"], maxPoints });
          expect(got.loss).toEqual(bucketsOf(truth, maxPoints));
          expect(got.loss?.length).toBeLessThanOrEqual(maxPoints);
        };
        for (const batch of [first, second]) {
          await db.metrics.write(
            stage.fence,
            batch.map((point) => ({ key: "loss", ...point })),
          );
          for (const { step, value } of batch) truth.set(step, value);
          await check();
        }
        const next = await takeOver();
        await db.metrics.rollback(next.fence, afterStep);
        for (const step of truth.keys()) if (step > afterStep) truth.delete(step);
        await check();
        await db.metrics.write(
          next.fence,
          first.map((point) => ({ key: "loss", ...point })),
        );
        for (const { step, value } of first) truth.set(step, value);
        await check();
      }),
      { numRuns: 25 },
    );
  });

  it("of an unknown key is empty", async () => {
    expect(await db.metrics.series({ stageId: stage.id, keys: ["none"], maxPoints: 5 })).toEqual({ none: [] });
  });
});

function bucketsOf(truth: ReadonlyMap<number, number>, maxPoints: number): SeriesBucket[] {
  const sorted = [...truth].map(([step, value]) => ({ step, value })).sort((a, b) => a.step - b.step);
  if (sorted.length === 0) return [];
  const [first, last] = [sorted[0]!.step, sorted.at(-1)!.step];
  const { origin, width } = bucketing({ first, last, points: sorted.length, maxPoints });
  const buckets = new Map<number, SeriesBucket>();
  for (const { step, value } of sorted) {
    const index = Math.floor((step - origin) / width);
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
