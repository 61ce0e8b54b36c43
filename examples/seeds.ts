// Three seeds of one configuration from a script, and their row on the leaderboard.
//   npx tsx examples/seeds.ts http://127.0.0.1:3000 "$(cat .retort/api-key)"
import { createRetort } from "@retort/api/client";

const [url = "http://127.0.0.1:3000", apiKey = ""] = process.argv.slice(2);
const retort = createRetort({ url, apiKey });

const { runIds } = await retort.runs.launch.mutate({
  recipe: "quickstart",
  params: { size: "nano", training: { numSteps: 200 } },
  seeds: [1, 2, 3],
  name: "nano, 200 steps",
});

for (const runId of runIds) {
  let run = await retort.runs.get.query({ runId });
  while (run.status === "queued" || run.status === "running") {
    await new Promise((resolve) => setTimeout(resolve, 2000));
    run = await retort.runs.get.query({ runId });
  }
  console.log(run.name, run.status, run.headline?.value ?? run.error?.message ?? "");
}

const { rows } = await retort.leaderboard.rows.query({ recipe: "quickstart" });
for (const { condition, n, mean, std } of rows) {
  console.log(condition, `n = ${n}`, mean.toFixed(4), std === null ? "" : `± ${std.toFixed(4)}`);
}
