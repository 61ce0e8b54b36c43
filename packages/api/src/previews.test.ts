import { afterAll, beforeAll, expect, inject, it } from "vitest";
import { describeError } from "./client.ts";
import { startTestApi, type TestApi } from "./testing.ts";

let api: TestApi;
beforeAll(async () => {
  api = await startTestApi(inject("postgresUrl"));
});
afterAll(() => api.close());

it("shows what a recipe's synthesis makes of its own pictures, the same for the same seed", async () => {
  const params = { synthesis: { cleanShare: 0 } };
  const ask = (seed: number) =>
    api.retort.previews.synthesis.query({ recipe: "clip-ada", params, seed, numSamples: 3 });
  const previews = await ask(1);
  expect(previews).toHaveLength(3);
  expect(new Set(previews.map(({ category }) => category)).size).toBeGreaterThan(1);
  for (const { kinds, areaFraction, image } of previews) {
    expect(kinds.length).toBeGreaterThan(0);
    expect(areaFraction).toBeGreaterThan(0);
    expect(areaFraction).toBeLessThan(1);
    expect(image).toMatch(/^data:image\/png;base64,iVBOR/);
  }
  expect(await ask(1)).toEqual(previews);
  expect(await ask(2)).not.toEqual(previews);
});

it("cuts windows from pictures of the size that training scales them to", async () => {
  const ask = (sizePx: number) =>
    api.retort.previews.synthesis.query({
      recipe: "clip-ada",
      params: { synthesis: { cleanShare: 1 }, window: { cropPx: 64 }, detection: { sizePx } },
      seed: 1,
      numSamples: 1,
    });
  expect(await ask(64)).toEqual(await ask(64));
  expect(await ask(128)).not.toEqual(await ask(64));
});

it("says which recipes have none", async () => {
  const refused = api.retort.previews.synthesis.query({ recipe: "quickstart" });
  await expect(refused).rejects.toSatisfy((error) => describeError(error).code === "NO_SYNTHESIS");
});
