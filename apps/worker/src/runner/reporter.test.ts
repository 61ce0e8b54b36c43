import { createDatabase, type Database, LostLeaseError } from "@retort/db";
import { createTestDatabase } from "@retort/db/testing";
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import { claimedStage } from "../../test/claimed-stage.ts";
import { maxWaiting, Reporter } from "./reporter.ts";

let db: Database;

beforeAll(async () => {
  db = createDatabase({ url: await createTestDatabase(inject("postgresUrl")) });
});
afterAll(() => db.close());

async function reporterOf(seed: number) {
  const { fence } = await claimedStage(db, seed);
  const failures: unknown[] = [];
  const reporter = new Reporter({ db, fence, log: () => {}, onFailure: (error) => failures.push(error) });
  return { reporter, fence, failures };
}

function pointsFrom(first: number, count: number) {
  return Array.from({ length: count }, (_, index) => ({ key: "loss", step: first + index, value: index }));
}

describe("Reporter", () => {
  it("has everything in the database when flush() resolves, more than one batch too, lines in order", async () => {
    const { reporter, fence } = await reporterOf(1);
    reporter.points(pointsFrom(0, 12_000));
    for (const message of ["first", "with \0 in it", "last"]) reporter.line({ at: new Date(), level: "info", message });
    await reporter.flush();
    expect(await db.prisma.metric.count({ where: { stageId: fence.stageId } })).toBe(12_000);
    const lines = await db.logs.list({ stageId: fence.stageId, limit: 10 });
    expect(lines.map(({ message }) => message)).toEqual(["first", "with \u2400 in it", "last"]);
  });

  it("writes by itself, soon", async () => {
    const { reporter, fence } = await reporterOf(2);
    reporter.points(pointsFrom(0, 10));
    await expect.poll(() => db.prisma.metric.count({ where: { stageId: fence.stageId } })).toBe(10);
  });

  it("loses no point when its connections are cut again and again", async () => {
    const { reporter, fence, failures } = await reporterOf(3);
    let isOver = false;
    const cutting = (async () => {
      while (!isOver) {
        await db.pool
          .query(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()",
          )
          .catch(() => {});
        await new Promise((resolve) => setTimeout(resolve, 5));
      }
    })();
    for (let batch = 0; batch < 40; batch++) {
      reporter.points(pointsFrom(batch * 500, 500));
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    isOver = true;
    await cutting;
    await reporter.flush();
    expect(failures).toEqual([]);
    expect(await db.prisma.metric.count({ where: { stageId: fence.stageId } })).toBe(20_000);
  });

  it("says when the lease is lost, once, and refuses to say that all is stored", async () => {
    const { reporter, fence, failures } = await reporterOf(4);
    await db.prisma.stage.update({ where: { id: fence.stageId }, data: { attempt: { increment: 1 } } });
    reporter.points(pointsFrom(0, 10));
    await expect(reporter.flush()).rejects.toThrow(LostLeaseError);
    reporter.points(pointsFrom(10, 10));
    await expect(reporter.flush()).rejects.toThrow(LostLeaseError);
    expect(failures).toHaveLength(1);
    expect(await db.prisma.metric.count({ where: { stageId: fence.stageId } })).toBe(0);
  });

  it("fails rather than to hold without bound, or to drop", async () => {
    const { reporter, failures } = await reporterOf(5);
    reporter.points(pointsFrom(0, maxWaiting.points + 1));
    expect(failures).toMatchObject([{ code: "REPORTS_BACKED_UP" }]);
    await expect(reporter.flush()).rejects.toThrow(expect.objectContaining({ code: "REPORTS_BACKED_UP" }));
  });
});
