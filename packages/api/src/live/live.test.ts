import { setTimeout as delay } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import type { Run } from "../contract/run.ts";
import type { StageEvent } from "../contract/stage.ts";
import { startTestApi, type TestApi } from "../testing.ts";
import { startTestWorker, type TestWorker } from "../testing-worker.ts";

let api: TestApi;
let worker: TestWorker;
beforeAll(async () => {
  api = await startTestApi(inject("postgresUrl"));
  worker = await startTestWorker(api.db);
});
afterAll(() => api.close());

interface Received {
  id: string;
  at: number;
  data: StageEvent;
}

/** Subscribes; `events` fills as messages come, `ended` resolves when the server ends the stream. */
function subscribe(input: { stageId: string; cursor?: string; lastEventId?: string }) {
  const events: Received[] = [];
  let stop = () => {};
  const ended = new Promise<void>((resolve, reject) => {
    const subscription = api.retort.stages.live.subscribe(input, {
      onData: ({ id, data }) => events.push({ id, at: Date.now(), data }),
      onComplete: resolve,
      onError: reject,
    });
    stop = () => subscription.unsubscribe();
  });
  return { events, ended, stop };
}

async function launchAndClaim(seed: number) {
  const { runIds } = await api.retort.runs.launch.mutate({ recipe: "diagnostic", seeds: [seed] });
  const { fence, id } = await worker.claim();
  return { runId: runIds[0]!, stageId: id, fence };
}

const pointsOf = (events: Received[]) => events.flatMap(({ data }) => data.points.map(({ step }) => step));
const linesOf = (events: Received[]) => events.flatMap(({ data }) => data.logs.map(({ message }) => message));
const range = (from: number, to: number) => Array.from({ length: to - from }, (_, index) => from + index);

describe("stages.live", () => {
  it("tells everything once, at most four times a second, and ends with the stage", async () => {
    const { stageId, fence } = await launchAndClaim(1);
    const live = subscribe({ stageId });
    const startedAt = Date.now();
    for (const step of range(0, 60)) {
      await api.db.metrics.write(fence, [{ key: "loss", step, value: 1 / (step + 1) }]);
      await api.db.logs.append(fence, [{ index: step, at: new Date(), level: "info", message: `step ${step}` }]);
      await delay(20);
    }
    const seconds = (Date.now() - startedAt) / 1000;
    await api.db.stages.succeed(fence);
    await live.ended;
    expect(pointsOf(live.events)).toEqual(range(0, 60));
    expect(linesOf(live.events)).toEqual(range(0, 60).map((step) => `step ${step}`));
    expect(live.events.length).toBeGreaterThan(2);
    expect(live.events.length).toBeLessThanOrEqual(4 * seconds + 3);
    expect(live.events[0]!.data).toMatchObject({ status: "running", attempt: 1 });
    expect(live.events.at(-1)!.data.status).toBe("succeeded");
  });

  it("goes on after a broken connection where the last message ended", async () => {
    const { stageId, fence } = await launchAndClaim(2);
    const write = (from: number, to: number) =>
      api.db.metrics.write(
        fence,
        range(from, to).map((step) => ({ key: "loss", step, value: step })),
      );
    await write(0, 10);
    const first = subscribe({ stageId });
    await expect.poll(() => pointsOf(first.events), { timeout: 5000 }).toEqual(range(0, 10));
    first.stop();
    await write(10, 30);
    const second = subscribe({ stageId, lastEventId: first.events.at(-1)!.id });
    await expect.poll(() => pointsOf(second.events), { timeout: 5000 }).toEqual(range(10, 30));
    await api.db.stages.succeed(fence);
    await second.ended;
  });

  it("connects again by itself when the network broke, without loss or repetition", async () => {
    const { stageId, fence } = await launchAndClaim(6);
    const live = subscribe({ stageId });
    for (const step of range(0, 20)) {
      await api.db.metrics.write(fence, [{ key: "loss", step, value: step }]);
      await delay(25);
      if (step === 10) {
        expect(pointsOf(live.events).length).toBeGreaterThan(0);
        api.cut();
      }
    }
    await api.db.stages.succeed(fence);
    await live.ended;
    expect(pointsOf(live.events)).toEqual(range(0, 20));
  });

  it("continues the curves that series() gave, and says when an attempt takes points back", async () => {
    const { stageId, fence } = await launchAndClaim(3);
    await api.db.metrics.write(
      fence,
      range(0, 100).map((step) => ({ key: "loss", step, value: step })),
    );
    const { series, cursor } = await api.retort.stages.series.query({ stageId, maxPoints: 10 });
    expect(series[0]!.points.length).toBeLessThanOrEqual(10);
    expect(Math.max(...series[0]!.points.map(({ max }) => max))).toBe(99);

    await api.db.stages.fail(
      fence,
      { kind: "preempted", code: "TEST", message: "taken away" },
      { retry: true, delayMs: 0 },
    );
    const { fence: next } = await worker.claim();
    expect(next).toMatchObject({ stageId, attempt: 2 });
    await api.db.metrics.rollback(next, 49);
    await api.db.metrics.write(next, [{ key: "loss", step: 50, value: -50 }]);
    const live = subscribe({ stageId, cursor });
    await expect.poll(() => live.events.length, { timeout: 5000 }).toBeGreaterThan(0);
    expect(live.events[0]!.data).toMatchObject({ attempt: 2, rolledBackTo: 49 });
    await expect.poll(() => pointsOf(live.events), { timeout: 5000 }).toEqual([50]);
    await api.db.stages.succeed(next);
    await live.ended;
    expect((await api.retort.stages.points.query({ stageId })).points).toHaveLength(51);
  });

  it("pages through all points without a gap", async () => {
    const { stageId, fence } = await launchAndClaim(4);
    const keys = ["loss", "accuracy"];
    await api.db.metrics.write(
      fence,
      range(0, 50).flatMap((step) => keys.map((key) => ({ key, step, value: step }))),
    );
    const steps: string[] = [];
    let cursor: string | null = null;
    do {
      const page: { points: { key: string; step: number }[]; cursor: string | null } =
        await api.retort.stages.points.query({ stageId, cursor, limit: 7 });
      steps.push(...page.points.map(({ key, step }) => `${key} ${step}`));
      cursor = page.cursor;
    } while (cursor !== null);
    expect(steps.sort()).toEqual(
      range(0, 50)
        .flatMap((step) => keys.map((key) => `${key} ${step}`))
        .sort(),
    );
    await api.db.stages.succeed(fence);
  });
});

describe("runs.live", () => {
  it("gives the run as it changes, until it has ended", async () => {
    const { runIds } = await api.retort.runs.launch.mutate({ recipe: "diagnostic", seeds: [5] });
    const seen: Run[] = [];
    const ended = new Promise<void>((resolve, reject) => {
      api.retort.runs.live.subscribe(
        { runId: runIds[0]! },
        { onData: ({ data }) => seen.push(data), onComplete: resolve, onError: reject },
      );
    });
    await expect.poll(() => seen.length, { timeout: 5000 }).toBe(1);
    let claimed = await worker.claim();
    while (!claimed.runIds.includes(runIds[0]!)) claimed = await worker.claim();
    await expect.poll(() => seen.at(-1)!.status, { timeout: 5000 }).toBe("running");
    const failure = { kind: "data", code: "BROKEN", message: "broken picture", where: "a.png" } as const;
    await api.db.stages.fail(claimed.fence, failure, { retry: false, delayMs: 0 });
    await ended;
    const last = seen.at(-1)!;
    expect(last).toMatchObject({ status: "failed", error: failure });
    expect(last.finishedAt).toBeInstanceOf(Date);
    expect(last.stages[0]).toMatchObject({ status: "failed", failure });
  });

  it("refuses a run that is not there", async () => {
    const missing = "01890000-0000-7000-8000-000000000000";
    const refused = await new Promise<Error>((resolve, reject) => {
      api.retort.runs.live.subscribe(
        { runId: missing },
        { onError: resolve, onComplete: () => reject(new Error("it ended")) },
      );
    });
    expect(refused.message).toContain(missing);
  });
});
