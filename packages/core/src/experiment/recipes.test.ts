import { describe, expect, it } from "vitest";
import { recipes } from "../recipes/index.ts";
import type { RecipeDefinition } from "../recipes/recipe.ts";
import { layoutOf } from "../search/layout.ts";
import { checkSearch } from "../search/search.ts";
import { dataKey, planRun, requiredData } from "./plan.ts";

const all: [string, RecipeDefinition][] = Object.entries(recipes);

describe.each(all)("recipe %s", (name, recipe) => {
  const request = { recipe: name, params: {}, seed: 1 };
  const fingerprints = new Map(requiredData(request).map((reference) => [dataKey(reference), "fingerprint"]));

  it("stands under its own name and says what it is", () => {
    expect(recipe.name).toBe(name);
    for (const text of [recipe.title, recipe.summary, recipe.headline.metric, recipe.headline.label])
      expect(text).not.toBe("");
  });

  it("takes its own defaults back, as a form sends them and the database keeps them", () => {
    const defaults = recipe.params.parse({});
    expect(recipe.params.safeParse(defaults)).toEqual({ success: true, data: defaults });
  });

  it("compiles to stages from its defaults alone, each after those it needs", () => {
    const planned = planRun({ ...request, fingerprints });
    expect(planned.length).toBeGreaterThan(0);
    const earlier = new Set<string>();
    for (const { contentKey, inputs, resources } of planned) {
      for (const { sourceContentKey } of inputs) expect(earlier).toContain(sourceContentKey);
      expect(resources.threads).toBeGreaterThanOrEqual(1);
      expect(resources.memoryBytes).toBeGreaterThan(0);
      earlier.add(contentKey);
    }
  });

  it("compiles to the same keys every time, and to others for another seed", () => {
    const keys = (seed: number) => planRun({ ...request, seed, fingerprints }).map(({ contentKey }) => contentKey);
    expect(keys(1)).toEqual(keys(1));
    expect(keys(1)).not.toEqual(keys(2));
  });

  it.each(Object.entries(recipe.sweeps ?? {}))(
    "has a sweep %s that its own parameters allow",
    (sweep, { title, ...given }) => {
      expect(sweep).toMatch(/^[a-z0-9]+(-[a-z0-9]+)*$/);
      expect(`${title}${given.summary}`).not.toBe("");
      const { space } = checkSearch(given.search, { schema: recipe.params, base: given.params ?? {} });
      expect(layoutOf(space).leaves.length + space.seeds.length).toBeGreaterThan(1);
      if (given.search.pruner !== undefined) expect(given.watch).toBeDefined();
    },
  );
});
