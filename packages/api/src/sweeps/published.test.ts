import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import { startTestApi, type TestApi } from "../testing.ts";
import { refusal } from "../testing-refusal.ts";

let api: TestApi;
beforeAll(async () => {
  api = await startTestApi(inject("postgresUrl"));
});
afterAll(() => api.close());

const space = { parameters: { scheme: { type: "choice" as const, values: [["PT", "SFT"]] } }, seeds: [1, 2] };

async function publishedBeside(objective?: { metric: string; mode: "max" }): Promise<string[]> {
  const search = { space, ...(objective && { mode: objective.mode }) };
  const request = { recipe: "llava-kd", search, ...(objective && { objective: { metric: objective.metric } }) };
  const { sweepId } = await api.retort.sweeps.launch.mutate(request);
  const rows = await api.retort.sweeps.published.query({ sweepId });
  return rows.map(({ label, dataset, metric, value }) => `${label}: ${dataset} ${metric} ${value}`);
}

describe("published numbers", () => {
  it("stand beside a sweep as beside the leaderboard: all for the headline, else those of the metric", async () => {
    const all = await publishedBeside();
    const board = await api.retort.leaderboard.rows.query({ recipe: "llava-kd" });
    expect(all).toHaveLength(board.published.length);
    expect(all).toContain("LLaVA-KD Qwen2.5-0.5B: gqa benchmarkScore 0.598");
    expect(all).toContain("LLaVA-KD Qwen2.5-0.5B: benchmarks avg10 0.589");
    const averages = await publishedBeside({ metric: "avg10", mode: "max" });
    expect(averages).toEqual(all.filter((row) => row.includes(" avg10 ")));
    expect(averages).toContain("DPT-SFT-DFT: benchmarks avg10 0.579");
    expect(await publishedBeside({ metric: "loss", mode: "max" })).toEqual([]);
    const byAverage = await api.retort.leaderboard.rows.query({ recipe: "llava-files", metric: "avg10" });
    expect(byAverage.published.map(({ metric }) => metric)).toEqual(averages.map(() => "avg10"));
  }, 60_000);

  it("are asked for of a sweep that is there", async () => {
    const nobody = "01890000-0000-7000-8000-000000000000";
    expect(await refusal(api.retort.sweeps.published.query({ sweepId: nobody }))).toMatchObject({
      ...{ code: "NOT_FOUND", message: expect.stringContaining(nobody) },
    });
  });
});
