import { describe, expect, it } from "vitest";
import { configKey, contentKey, diffKeyParts, type KeyParts } from "./key.ts";

const parts: KeyParts = {
  kind: "train",
  kindVersion: 1,
  params: { lr: 0.001, sizes: [64, 32], model: { depth: 2, width: 64 } },
  inputs: { student: { contentKey: "aa", artifact: "model" } },
  dataFingerprint: "f00d",
  seed: 1,
  engine: 1,
};

describe("contentKey", () => {
  it("is the same for any order of keys", () => {
    const reordered: KeyParts = {
      engine: 1,
      seed: 1,
      dataFingerprint: "f00d",
      inputs: { student: { artifact: "model", contentKey: "aa" } },
      params: { model: { width: 64, depth: 2 }, sizes: [64, 32], lr: 0.001 },
      kindVersion: 1,
      kind: "train",
    };
    expect(contentKey(reordered)).toBe(contentKey(parts));
  });

  it("survives the way through a database's JSON", () => {
    expect(contentKey(JSON.parse(JSON.stringify(parts)) as KeyParts)).toBe(contentKey(parts));
  });

  it("changes with each part", () => {
    const changed: KeyParts[] = [
      { ...parts, kind: "evaluate" },
      { ...parts, kindVersion: 2 },
      { ...parts, params: { ...parts.params, lr: 0.002 } },
      { ...parts, params: { ...parts.params, sizes: [32, 64] } },
      { ...parts, params: { ...parts.params, model: { depth: 3, width: 64 } } },
      { ...parts, params: { ...parts.params, extra: null } },
      { ...parts, inputs: { student: { contentKey: "ab", artifact: "model" } } },
      { ...parts, inputs: { student: { contentKey: "aa", artifact: "teacher" } } },
      { ...parts, inputs: { teacher: { contentKey: "aa", artifact: "model" } } },
      { ...parts, inputs: {} },
      { ...parts, dataFingerprint: null },
      { ...parts, seed: 2 },
      { ...parts, engine: 2 },
    ];
    const keys = [parts, ...changed].map(contentKey);
    expect(new Set(keys).size).toBe(keys.length);
    for (const key of keys) expect(key).toMatch(/^[0-9a-f]{64}$/);
  });
});

describe("configKey", () => {
  it("does not know the seed and does know the recipe and each parameter", () => {
    expect(configKey("quickstart", { lr: 1, b: 2 })).toBe(configKey("quickstart", { b: 2, lr: 1 }));
    expect(configKey("quickstart", { lr: 1 })).not.toBe(configKey("quickstart", { lr: 2 }));
    expect(configKey("quickstart", { lr: 1 })).not.toBe(configKey("other", { lr: 1 }));
  });
});

describe("diffKeyParts", () => {
  it("names each leaf that differs, both ways", () => {
    const theirs: KeyParts = {
      ...parts,
      seed: 2,
      params: { lr: 0.001, sizes: [64], model: { depth: 3, width: 64 } },
      inputs: { student: { contentKey: "bb", artifact: "model" } },
    };
    expect(diffKeyParts(parts, theirs)).toEqual([
      { path: "inputs.student.contentKey", ours: "aa", theirs: "bb" },
      { path: "params.model.depth", ours: 2, theirs: 3 },
      { path: "params.sizes", ours: [64, 32], theirs: [64] },
      { path: "seed", ours: 1, theirs: 2 },
    ]);
  });

  it("shows what one side lacks", () => {
    const theirs = { ...parts, params: { ...parts.params, ema: 0.9 } };
    expect(diffKeyParts(parts, theirs)).toEqual([{ path: "params.ema", ours: undefined, theirs: 0.9 }]);
    expect(diffKeyParts(parts, { ...parts, inputs: {} })).toEqual([
      { path: "inputs", ours: undefined, theirs: {} },
      { path: "inputs.student.artifact", ours: "model", theirs: undefined },
      { path: "inputs.student.contentKey", ours: "aa", theirs: undefined },
    ]);
  });

  it("is empty exactly for the same stage", () => {
    expect(diffKeyParts(parts, structuredClone(parts))).toEqual([]);
  });
});
