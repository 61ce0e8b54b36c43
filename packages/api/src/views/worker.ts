import type { Database } from "@retort/db";
import type { ListedWorker } from "../contract/worker.ts";
import { stageTitle } from "./stage-title.ts";

/** Workers with the stages that they run now, each under the name that the newest of its runs gives it. */
export async function listWorkers(db: Database): Promise<ListedWorker[]> {
  const workers = await db.workers.list();
  const stages = await db.prisma.stage.findMany({
    where: { id: { in: workers.flatMap(({ stageIds }) => stageIds) } },
    select: {
      id: true,
      kind: true,
      progress: true,
      attempts: { select: { startedAt: true }, orderBy: { number: "desc" }, take: 1 },
      runs: { select: { name: true, run: { select: { id: true, name: true } } }, orderBy: { runId: "desc" }, take: 1 },
    },
  });
  const byId = new Map(
    stages.map(({ id, kind, progress, attempts: [attempt], runs: [use] }) => [
      id,
      {
        stageId: id,
        name: use?.name ?? kind,
        title: stageTitle(kind),
        run: use?.run ?? null,
        progress: progress as ListedWorker["stages"][number]["progress"],
        startedAt: attempt?.startedAt ?? null,
      },
    ]),
  );
  return workers.map((worker) => ({
    ...worker,
    stages: worker.stageIds.flatMap((id) => byId.get(id) ?? []),
  }));
}
