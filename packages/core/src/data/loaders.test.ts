import { describe, expect, it } from "vitest";
import { z } from "zod";
import { SpecError } from "../base/errors.ts";
import { datasets } from "./index.ts";
import { datasetLoaders, fingerprintDataset, loadDataset } from "./loaders.ts";

const signal = new AbortController().signal;

describe("the table of data sets", () => {
  it("has a loader for every definition, each under its own name", () => {
    expect(Object.keys(datasetLoaders).sort()).toEqual(Object.keys(datasets).sort());
    for (const [name, definition] of Object.entries(datasets)) expect(definition.name).toBe(name);
  });

  it.each(Object.values(datasets))("$name describes every parameter", ({ params }) => {
    for (const [field, schema] of Object.entries(params.shape)) expect(schema.description, field).toBeTruthy();
  });

  it.each(Object.values(datasets))("$name has parameters that a form can be made from", ({ params }) => {
    const { properties } = z.toJSONSchema(params, { io: "input" });
    expect(Object.keys(properties ?? {})).toEqual(Object.keys(params.shape));
  });

  it("fills in defaults, so that they do not change the fingerprint", async () => {
    const bare = await fingerprintDataset({ adapter: "scenes", params: {} });
    expect(await fingerprintDataset({ adapter: "scenes", params: { dataSeed: 1 } })).toBe(bare);
    expect(
      (await loadDataset({ adapter: "scenes", params: { numTrainImages: 3, numTestImages: 2 } }, signal)).adapter,
    ).toBe("scenes");
  });

  it("names the choices for an unknown adapter and the parameter that is wrong", () => {
    expect(() => fingerprintDataset({ adapter: "toString", params: {} })).toThrow(/scenes, easy-vqa.*toString/);
    expect(() => loadDataset({ adapter: "scenes", params: { numTrainImages: -1 } }, signal)).toThrow(SpecError);
    expect(() => loadDataset({ adapter: "easy-vqa", params: {} }, signal)).toThrow(/path/);
  });
});
