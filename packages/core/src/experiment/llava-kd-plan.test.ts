import { describe, expect, it } from "vitest";
import { allSchemes, llavaKdSweeps } from "../recipes/llava/sweeps.ts";
import { allValuesOf, expandLayout } from "../search/expand.ts";
import { layoutOf } from "../search/layout.ts";
import { searchSpace } from "../search/space.ts";
import {
  dataKey,
  earlierKey,
  learnFacts,
  type PlanFacts,
  type PlannedStage,
  parseRun,
  planRun,
  requiredData,
} from "./plan.ts";

const plan = (params: object, seed = 1, recipe = "llava-kd") => {
  const request = { recipe, params, seed };
  const fingerprints = new Map(requiredData(request).map((reference) => [dataKey(reference), "fingerprint"]));
  return planRun({ ...request, fingerprints });
};
const schemeOf = (name: string) => name.split("-");
const keysOf = (stages: ReturnType<typeof plan>) => new Map(stages.map(({ name, contentKey }) => [name, contentKey]));

describe("llava-kd", () => {
  it("gives two schemes with one beginning the same stages", () => {
    const [short, long] = ["PT-SFT", "PT-SFT-DFT"].map((name) => keysOf(plan({ scheme: schemeOf(name) })));
    for (const name of ["encoder", "features", "language", "1-pt", "2-sft"])
      expect(long!.get(name)).toBe(short!.get(name));
    expect(short!.has("teacher-2-sft")).toBe(false);
    expect(long!.get("evaluate")).not.toBe(short!.get("evaluate"));
  });

  it("shares everything that can be shared among the paper's schemes", () => {
    const stages = allSchemes.flatMap((name) => plan({ scheme: schemeOf(name), evaluation: { blanked: false } }));
    const training = stages.filter(({ kind }) => kind === "llava-train");
    // Two of the teacher, and each different beginning of a scheme once.
    const beginnings = new Set(
      allSchemes.flatMap((name) =>
        schemeOf(name).map((_, i) =>
          schemeOf(name)
            .slice(0, i + 1)
            .join(),
        ),
      ),
    );
    expect(new Set(training.map(({ contentKey }) => contentKey)).size).toBe(2 + beginnings.size);
    expect(new Set(stages.map(({ contentKey }) => contentKey)).size).toBeLessThan(stages.length / 2);
  });

  it("shares the teacher among students, and finds that of llava-teacher finished", () => {
    const [one, other] = [keysOf(plan({}, 1)), keysOf(plan({}, 2))];
    const teacher = keysOf(plan({}, 0, "llava-teacher"));
    for (const name of ["teacher-language", "teacher-1-pt", "teacher-2-sft"]) {
      expect(other.get(name)).toBe(one.get(name));
      expect(teacher.get(name)).toBe(one.get(name));
    }
    expect(other.get("teacher-outputs")).not.toBe(one.get("teacher-outputs"));
    const fixed = { student: { imagesSeed: 5 } };
    expect(keysOf(plan(fixed, 1)).get("teacher-outputs")).toBe(keysOf(plan(fixed, 2)).get("teacher-outputs"));
  });

  it("takes the teacher from an earlier run, and asks of it what it would ask of one with the same settings", async () => {
    const run = "01890000-0000-7000-8000-000000000000";
    const trained = plan({}, 1);
    const model = trained.find(({ name }) => name === "teacher-2-sft")!;
    const request = { recipe: "llava-kd", params: { teacher: { from: "run", run } }, seed: 1 };
    const facts: PlanFacts = { fingerprints: new Map(), earlier: new Map() };
    const asked: unknown[] = [];
    const sources = {
      fingerprint: async () => "fingerprint",
      earlierStage: async (stage: unknown): Promise<PlannedStage> => {
        asked.push(stage);
        return { ...model, inputs: [] };
      },
    };
    for (let times = 0; times < 2; times++) await learnFacts(request, facts, sources);
    const teacher = { name: "teacher", run, stage: null, artifact: "model", param: "teacher" };
    expect(asked).toEqual([teacher]);
    expect([...facts.earlier.keys()]).toEqual([earlierKey(teacher)]);
    const taken = planRun({ ...request, ...facts });
    expect(taken.filter(({ name }) => name.startsWith("teacher")).map(({ name }) => name)).toEqual([
      "teacher",
      "teacher-outputs",
    ]);
    for (const name of ["features", "teacher-outputs", "1-dpt", "3-dft", "evaluate"])
      expect(keysOf(taken).get(name)).toBe(keysOf(trained).get(name));
    expect(() => planRun({ ...request, fingerprints: facts.fingerprints })).toThrow(/needs a stage of an earlier run/);
    const benchmarks = { recipe: "benchmarks", params: { recipe: "llava-kd", params: request.params }, seed: 1 };
    expect(parseRun(benchmarks).earlier).toEqual([{ ...teacher, param: "params.teacher" }]);
  });

  it("wants no teacher where nothing is distilled, and means training where none is named", () => {
    const run = "01890000-0000-7000-8000-000000000000";
    expect(keysOf(plan({ scheme: ["PT", "SFT"], teacher: { from: "run", run } }))).toEqual(
      keysOf(plan({ scheme: ["PT", "SFT"] })),
    );
    const named = keysOf(plan({ teacher: { from: "training", seed: 2 } }));
    expect(keysOf(plan({ teacher: { seed: 2 } }))).toEqual(named);
    const parse = (teacher: object) => parseRun({ recipe: "llava-kd", params: { teacher }, seed: 1 });
    expect(parse({ seed: 2 }).params.teacher).toMatchObject({ from: "training", seed: 2 });
    expect(() => parse({ from: "run", run, seed: 2 })).toThrow(/seed/);
    expect(() => parse({ from: "run", run: "latest" })).toThrow(expect.objectContaining({ where: "teacher.run" }));
  });

  it("trains what the paper trains in each stage, with its losses", () => {
    const stages = plan({ scheme: ["DPT", "SFT", "DFT"] });
    const at = (name: string) => stages.find((stage) => stage.name === name)!;
    const summary = ["1-dpt", "2-sft", "3-dft"].map((name) => {
      const { params, inputs } = at(name);
      const { kind } = params.objective as { kind: string };
      return [params.trainable, params.content, kind, inputs.some((input) => input.name === "teacherCache")];
    });
    expect(summary).toEqual([
      ["projector", "captions", "llava-kd", true],
      ["projector-and-decoder", "questions", "cross-entropy", false],
      ["projector-and-decoder", "questions", "llava-kd", true],
    ]);
    expect((at("3-dft").params.objective as { weights: object }).weights).toEqual({
      crossEntropy: 1,
      response: 1,
      visual: 1,
      prompt: 0,
      relation: 0.5,
    });
  });

  it("refuses the relation of logits of which the most probable are stored, and names the ways out", () => {
    const parse =
      (distillation: object, rest: object = {}) =>
      () =>
        parseRun({ recipe: "llava-kd", params: { distillation: { topK: 8, ...distillation }, ...rest }, seed: 1 });
    const refused = expect.objectContaining({
      code: "BAD_PARAMS",
      where: "distillation.topK",
      message: expect.stringMatching(/topK to null.*hidden.*weights\.relation to 0.*online/),
    });
    expect(parse({})).toThrow(refused);
    expect(parse({ objective: { weights: { relation: 0 } }, alignment: {} })).toThrow(refused);
    for (const allowed of [
      parse({ topK: null }),
      parse({ teacher: "online" }),
      parse({ objective: { weights: { relation: 0 } } }),
      parse({ objective: { relation: { of: "hidden" } } }),
      parse({}, { scheme: ["PT", "SFT"] }),
      parse({ alignment: { weights: { relation: 0 } } }, { scheme: ["DPT", "SFT"] }),
    ])
      expect(allowed).not.toThrow();
  });

  it("gives DPT an objective of its own, where one is named, and leaves every other stage as it is", () => {
    const weightsOf = (stages: ReturnType<typeof plan>, name: string) =>
      (stages.find((stage) => stage.name === name)!.params.objective as { weights: object }).weights;
    const [common, own] = [plan({}), plan({ distillation: { alignment: { weights: { relation: 0, visual: 0.25 } } } })];
    expect(weightsOf(own, "1-dpt")).toMatchObject({ response: 1, visual: 0.25, relation: 0 });
    expect(weightsOf(own, "3-dft")).toEqual(weightsOf(common, "3-dft"));
    const differs = [...keysOf(own)].filter(([name, key]) => keysOf(common).get(name) !== key).map(([name]) => name);
    expect(differs).toEqual(["1-dpt", "2-sft", "3-dft", "evaluate-blanked", "evaluate"]);
    for (const alignment of [null, {}]) expect(keysOf(plan({ distillation: { alignment } }))).toEqual(keysOf(common));
    const tuned = plan({ distillation: { objective: { weights: { relation: 0 } }, alignment: {} } });
    expect(keysOf(tuned).get("2-sft")).toBe(keysOf(common).get("2-sft"));
    expect(weightsOf(tuned, "3-dft")).toMatchObject({ relation: 0 });
    // Parameters as they were before there was a choice: the leaderboard knows them still.
    expect(parseRun({ recipe: "llava-kd", params: {}, seed: 1 }).params.distillation).not.toHaveProperty("alignment");
  });

  it("has the paper's rows of targets as a sweep, each stage's terms its own", () => {
    const { search } = llavaKdSweeps["stage-targets"];
    const layout = layoutOf(searchSpace.parse(search.space));
    const rows = [...expandLayout(layout, allValuesOf)].map(({ point, labels }) => {
      const distilled = plan(point).flatMap(({ name, params }) => {
        const { kind, weights } = (params.objective ?? {}) as { kind?: string; weights?: Record<string, number> };
        return kind === "llava-kd" ? [`${name} ${weights!.response}/${weights!.visual}/${weights!.relation}`] : [];
      });
      return [labels.targets, distilled.join(", ")];
    });
    expect(rows).toEqual([
      ["full", "1-dpt 1/1/0.5, 3-dft 1/1/0.5"],
      ["none", ""],
      ["targets=DPT response", "1-dpt 1/0/0"],
      ["targets=DPT response and visual", "1-dpt 1/1/0"],
      ["targets=DPT everything", "1-dpt 1/1/0.5"],
      ["targets=DFT response", "1-dpt 1/1/0.5, 3-dft 1/0/0"],
      ["targets=DFT response and visual", "1-dpt 1/1/0.5, 3-dft 1/1/0"],
    ]);
  });

  it("lets the teacher run beside the student on request, and gives each seed its own pictures", () => {
    const online = plan({ distillation: { teacher: "online" } });
    expect(online.some(({ kind }) => kind === "teacher-cache")).toBe(false);
    const subsets = [1, 2].map((seed) => plan({}, seed).find(({ name }) => name === "2-sft")!.params.subset);
    expect(subsets).toEqual([
      { numImages: 400, seed: 1 },
      { numImages: 400, seed: 2 },
    ]);
  });
});
