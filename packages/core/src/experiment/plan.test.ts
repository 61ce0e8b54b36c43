import { describe, expect, it } from "vitest";
import { z } from "zod";
import { SpecError } from "../base/errors.ts";
import type { StageDefinition, StageSpec } from "../stages/stage.ts";
import { contentKey, diffKeyParts } from "./key.ts";
import { dataKey, parseRun, planRun, planStages, requiredData } from "./plan.ts";

const train = {
  kind: "train",
  version: 1,
  title: "Train",
  params: z.strictObject({ lr: z.number().default(0.1), data: z.string().default("set") }),
  inputs: {},
  outputs: { model: { description: "" } },
  resources: () => ({ device: "cpu", threads: 1, memoryBytes: 1 }),
  data: (params: { data: string }) => ({ adapter: "files", params: { path: params.data } }),
} satisfies StageDefinition<{ lr: number; data: string }>;

const join = {
  kind: "join",
  version: 1,
  title: "Join",
  params: z.strictObject({}),
  inputs: { left: { description: "" }, right: { description: "" } },
  outputs: { model: { description: "" } },
  resources: () => ({ device: "cpu", threads: 1, memoryBytes: 1 }),
  data: () => null,
} satisfies StageDefinition<Record<string, never>>;

const definitions: Record<string, StageDefinition> = { train, join };
const fingerprints = new Map([
  [dataKey({ adapter: "files", params: { path: "set" } }), "f1"],
  [dataKey({ adapter: "files", params: { path: "other" } }), "f2"],
]);

function spec(name: string, kind: string, rest: Partial<StageSpec> = {}): StageSpec {
  return { name, kind, params: {}, inputs: {}, seed: 1, ...rest };
}

const diamond: StageSpec[] = [
  spec("joined", "join", {
    inputs: { left: { stage: "a", artifact: "model" }, right: { stage: "b", artifact: "model" } },
  }),
  spec("a", "train", { params: { lr: 0.2 } }),
  spec("b", "train"),
];

function plan(specs: StageSpec[]) {
  return planStages(specs, { definitions, fingerprints });
}

describe("planStages", () => {
  it("puts each stage after those it needs, with parameters complete and the key of its parts", () => {
    const planned = plan(diamond);
    expect(planned.map((stage) => stage.name)).toEqual(["a", "b", "joined"]);
    const [a, b, joined] = planned;
    expect(a).toMatchObject({ params: { lr: 0.2, data: "set" }, dataFingerprint: "f1", inputs: [] });
    expect(joined!.inputs).toEqual([
      { name: "left", sourceContentKey: a!.contentKey, artifactName: "model" },
      { name: "right", sourceContentKey: b!.contentKey, artifactName: "model" },
    ]);
    for (const stage of planned) expect(contentKey(stage.keyParts)).toBe(stage.contentKey);
  });

  it("gives equal work one key, under any name", () => {
    const [x, y] = plan([spec("x", "train", { params: { lr: 0.1 } }), spec("y", "train")]);
    expect(x!.contentKey).toBe(y!.contentKey);
  });

  it("carries a change through everything that follows from it, and says which part it was", () => {
    const changed = plan(diamond.map((stage) => (stage.name === "a" ? { ...stage, params: { lr: 0.3 } } : stage)));
    const original = plan(diamond);
    expect(changed.map((stage, index) => stage.contentKey === original[index]!.contentKey)).toEqual([
      false,
      true,
      false,
    ]);
    expect(diffKeyParts(changed[0]!.keyParts, original[0]!.keyParts)).toEqual([
      { path: "params.lr", ours: 0.3, theirs: 0.2 },
    ]);
    expect(diffKeyParts(changed[2]!.keyParts, original[2]!.keyParts).map(({ path }) => path)).toEqual([
      "inputs.left.contentKey",
    ]);
  });

  it("knows the data: another set is another stage", () => {
    const [x, y] = plan([spec("x", "train"), spec("y", "train", { params: { data: "other" } })]);
    expect([x!.dataFingerprint, y!.dataFingerprint]).toEqual(["f1", "f2"]);
    expect(x!.contentKey).not.toBe(y!.contentKey);
  });

  it("takes a stage of an earlier run as it is, before those that need it", () => {
    const left = { stage: "teacher", artifact: "unlisted" };
    const specs = diamond.map((stage) =>
      stage.name === "joined" ? { ...stage, inputs: { ...stage.inputs, left } } : stage,
    );
    const earlier = [{ ...plan([spec("sft", "train", { params: { lr: 0.7 } })])[0]!, name: "teacher" }];
    const planned = planStages(specs, { definitions, fingerprints, earlier });
    expect(planned.map(({ name }) => name)).toEqual(["teacher", "a", "b", "joined"]);
    const joined = planned.at(-1)!;
    expect(joined.inputs[0]).toEqual({
      name: "left",
      sourceContentKey: earlier[0]!.contentKey,
      artifactName: "unlisted",
    });
    expect(joined.keyParts.inputs.left).toEqual({ contentKey: earlier[0]!.contentKey, artifact: "unlisted" });
    const taken = { definitions, fingerprints, earlier: [{ ...earlier[0]!, name: "a" }] };
    expect(() => planStages(diamond, taken)).toThrow(expect.objectContaining({ code: "DUPLICATE_STAGE" }));
    const variants = { teacher: { repeat: 1 } };
    expect(() => planStages(specs, { definitions, fingerprints, earlier, variants })).toThrow(
      /Unknown stage "teacher"/,
    );
  });

  it.each<[string, StageSpec[], { code: string; where?: string }]>([
    ["an unknown kind", [spec("a", "trian")], { code: "UNKNOWN_STAGE", where: "a" }],
    ["a wrong parameter", [spec("a", "train", { params: { lr: "high", foo: 1 } })], { code: "BAD_PARAMS" }],
    ["two stages of one name", [spec("a", "train"), spec("a", "train")], { code: "DUPLICATE_STAGE" }],
    ["a missing input", [spec("a", "join")], { code: "MISSING_INPUT", where: "a" }],
    [
      "an input from nowhere",
      [
        spec("a", "join", {
          inputs: { left: { stage: "b", artifact: "model" }, right: { stage: "a", artifact: "model" } },
        }),
      ],
      { code: "UNKNOWN_STAGE", where: "a.inputs.left" },
    ],
    [
      "an input that the kind does not have",
      [spec("a", "train"), spec("b", "train", { inputs: { teacher: { stage: "a", artifact: "model" } } })],
      { code: "UNKNOWN_INPUT", where: "b.inputs.teacher" },
    ],
    [
      "an output that the source does not make",
      diamond.map((stage) =>
        stage.name === "joined"
          ? { ...stage, inputs: { ...stage.inputs, left: { stage: "a", artifact: "onnx" } } }
          : stage,
      ),
      { code: "UNKNOWN_OUTPUT", where: "joined.inputs.left" },
    ],
    [
      "a cycle",
      ["a", "b"].map((name) => {
        const other = { stage: name === "a" ? "b" : "a", artifact: "model" };
        return spec(name, "join", { inputs: { left: other, right: other } });
      }),
      { code: "CYCLIC_STAGES" },
    ],
    ["data without a fingerprint", [spec("a", "train", { params: { data: "new" } })], { code: "MISSING_FINGERPRINT" }],
  ])("refuses %s", (_, specs, expected) => {
    expect(() => plan(specs)).toThrow(expect.objectContaining(expected));
    expect(() => plan(specs)).toThrow(SpecError);
  });
});

describe("planRun", () => {
  it("plans a recipe of the table", () => {
    const planned = planRun({ recipe: "diagnostic", params: { steps: 3 }, seed: 5, fingerprints: new Map() });
    expect(planned.map(({ name, kind, seed }) => ({ name, kind, seed }))).toEqual([
      { name: "work", kind: "diagnostic", seed: 5 },
      { name: "check", kind: "diagnostic-check", seed: 5 },
    ]);
    expect(planned[0]!.params).toMatchObject({ steps: 3, failure: "none" });
    expect(requiredData({ recipe: "diagnostic", params: {}, seed: 5 })).toEqual([]);
  });

  it("gives seeds of one configuration one configKey and other stages", () => {
    const [one, two] = [1, 2].map((seed) => parseRun({ recipe: "diagnostic", params: {}, seed }));
    expect(one!.configKey).toBe(two!.configKey);
    const keys = [1, 2].map(
      (seed) => planRun({ recipe: "diagnostic", params: {}, seed, fingerprints: new Map() })[0]!.contentKey,
    );
    expect(keys[0]).not.toBe(keys[1]);
  });

  it("names the choices for an unknown recipe and the parameter that is wrong", () => {
    expect(() => parseRun({ recipe: "quikstart", params: {}, seed: 1 })).toThrow(
      /Unknown recipe "quikstart".*diagnostic/,
    );
    expect(() => parseRun({ recipe: "constructor", params: {}, seed: 1 })).toThrow(/Unknown recipe/);
    expect(() => parseRun({ recipe: "diagnostic", params: { steps: "many" }, seed: 1 })).toThrow(
      expect.objectContaining({ code: "BAD_PARAMS", where: "steps" }),
    );
    expect(() => parseRun({ recipe: "diagnostic", params: { stpes: 1 }, seed: 1 })).toThrow(/stpes/);
  });
});
