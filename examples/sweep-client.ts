// A sweep from a script: previewed, launched, followed, and its trials written as CSV. Takes seconds.
//   npx tsx examples/sweep-client.ts http://127.0.0.1:3000 "$(cat .retort/api-key)" > trials.csv
import { createRetort, defineSweep } from "@retort/api/client";

const [url = "http://127.0.0.1:3000", apiKey = ""] = process.argv.slice(2);
const retort = createRetort({ url, apiKey });
const unit = { type: "uniform", min: 0, max: 1 } as const;

const sweep = defineSweep({
  recipe: "diagnostic",
  name: "the top of a hill",
  params: { steps: 10, stepMs: 10, load: "idle" },
  search: {
    space: { parameters: { landscape: { x: unit, y: unit } } },
    sampler: { kind: "tpe", params: { numStartup: 4 } },
    mode: "max",
    maxPoints: 12,
  },
  objective: { metric: "score" },
});

const { numRuns, uniqueStages, estimate } = await retort.sweeps.preview.query(sweep);
const time = estimate.deviceSeconds === null ? "time unknown" : `${estimate.deviceSeconds.toFixed(0)} s of computing`;
console.error(`${numRuns} runs, ${uniqueStages} stages, ${time}. ${estimate.basis}`);

const { sweepId } = await retort.sweeps.launch.mutate(sweep);
let told = "";
await new Promise<void>((resolve, reject) => {
  retort.sweeps.live.subscribe(
    { sweepId },
    {
      onData: ({ data: { counts, best } }) => {
        const found = best === null ? "" : `; best ${best.mean.toFixed(4)} at ${JSON.stringify(best.point)}`;
        const line = `${counts.succeeded} of ${numRuns} done${found}`;
        // A snapshot comes whenever anything has changed.
        if (line !== told) console.error(line);
        told = line;
      },
      onComplete: resolve,
      onError: reject,
    },
  );
});
const { csv } = await retort.sweeps.export.query({ sweepId });
process.stdout.write(csv);
