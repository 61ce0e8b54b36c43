import { expect, it } from "vitest";
import { testContext } from "../testing-context.ts";
import { vlmSft } from "./definition.ts";
import { runVlmSft } from "./run.ts";

it("says before it trains how many questions have no place in a row", async () => {
  const scenes = { numTrainImages: 12, numTestImages: 4, imageSizePx: 16, questions: ["color", "count", "relation"] };
  const data = { adapter: "scenes", params: { ...scenes, minObjects: 2, maxObjects: 3 } };
  const training = { numSteps: 10, batchSize: 2, numTextTokens: 16, warmupSteps: 0 };
  const { context, logs, metrics, remove } = testContext(vlmSft, { params: { data, size: "nano", training } });
  await runVlmSft(context);
  expect(metrics.get("loss")).toHaveLength(10);
  const told = logs.map(({ message }) => message).filter((message) => message.includes("left out"));
  expect(told).toEqual([
    expect.stringMatching(/^\d+ of 12 pictures have more questions than 16 text tokens hold: about \d+ of \d+/),
  ]);
  remove();
});
