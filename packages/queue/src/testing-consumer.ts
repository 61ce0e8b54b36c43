import { createQueue } from "./queue.ts";

// A consumer for tests to kill: takes a job, says so and never finishes it.
const queue = createQueue(JSON.parse(process.argv[2] ?? "{}"));
await queue.consume("stage.wake", async () => {
  process.stdout.write("taken\n");
  await new Promise(() => setInterval(() => {}, 1_000));
});
