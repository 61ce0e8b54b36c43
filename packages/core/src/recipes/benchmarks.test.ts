import { describe, expect, it } from "vitest";
import { dataKey, parseRun, planRun, type RunRequest, requiredData } from "../experiment/plan.ts";
import { conversationTrainParams } from "../stages/conversation-train/definition.ts";
import { modelImportParams } from "../stages/model-import/definition.ts";

const benchmarks = [{ benchmark: "vizwiz", params: { questions: "/v.json", images: "/v" } }];
const small = { data: { adapter: "scenes", params: { numTrainImages: 8 } } };

describe("benchmarks of a run", () => {
  it("names the run's own stages again, so that what is finished is found", () => {
    const own = { recipe: "quickstart", params: small, seed: 7 };
    const asked = { recipe: "benchmarks", params: { recipe: "quickstart", params: small, benchmarks }, seed: 7 };
    const keys = (request: RunRequest) => {
      const fingerprints = new Map(requiredData(request).map((reference) => [dataKey(reference), "fingerprint"]));
      return new Map(planRun({ ...request, fingerprints }).map(({ name, contentKey }) => [name, contentKey]));
    };
    const [before, after] = [keys(own), keys(asked)];
    expect([...after.keys()]).toEqual(["train", "benchmarks"]);
    expect(after.get("train")).toBe(before.get("train"));
  });

  it("takes the last model, or that of the stage named", () => {
    const spec = (stage: string | null) => {
      const params = { recipe: "llava-kd", stage, benchmarks };
      return parseRun({ recipe: "benchmarks", params, seed: 0 }).specs.at(-1)!.inputs.model;
    };
    expect(spec(null)).toEqual({ stage: "3-dft", artifact: "model" });
    expect(spec("2-sft")).toEqual({ stage: "2-sft", artifact: "model" });
  });

  it("checks the other recipe's parameters", () => {
    const params = { recipe: "quickstart", params: { size: "huge" }, benchmarks };
    expect(() => parseRun({ recipe: "benchmarks", params, seed: 0 })).toThrow(/params\.size|size/);
  });
});

describe("LLaVA from files", () => {
  const data = { path: "/d.json", images: "/i" };

  it("trains in the order given and evaluates the last model", () => {
    const params = {
      teacher: {},
      steps: [
        { step: "DPT", data, template: "plain" },
        { step: "SFT", data },
        { step: "DFT", data },
      ],
      evaluation: { benchmarks },
    };
    const { specs } = parseRun({ recipe: "llava-files", params, seed: 0 });
    expect(specs.map(({ name, kind }) => `${name}: ${kind}`)).toEqual([
      "import: model-import",
      "import-teacher: model-import",
      "1-dpt: conversation-train",
      "2-sft: conversation-train",
      "3-dft: conversation-train",
      "benchmarks: benchmark-evaluate",
    ]);
    expect(specs[2]).toMatchObject({ params: { trainable: "projector", objective: { kind: "llava-kd" } } });
    expect(specs[4]).toMatchObject({ params: { trainable: "projector-and-decoder", objective: { kind: "llava-kd" } } });
    expect(specs[3]).toMatchObject({
      inputs: { model: { stage: "1-dpt" } },
      params: { objective: { kind: "cross-entropy" } },
    });
    expect(specs[4]!.inputs.teacher).toEqual({ stage: "import-teacher", artifact: "model" });
  });

  const parsed = (params: object) => parseRun({ recipe: "llava-files", params, seed: 0 }).specs;

  it("begins each kind of step with the paper's frame, learning rate, batch and order", () => {
    const steps = ["PT", "DPT", "SFT", "DFT"].map((step) => ({ step, data }));
    const trained = parsed({ teacher: {}, steps }).filter(({ kind }) => kind === "conversation-train");
    const settings = trained.map(({ name, params }) => {
      const { training, template } = conversationTrainParams.parse(params);
      const { learningRate, batchSize, microBatchSize, packed, order, numSteps, warmupSteps } = training;
      const batch = { learningRate, batchSize, microBatchSize, packed, order };
      return [name, { template, ...batch, numSteps, warmupSteps }] as const;
    });
    const alone = { microBatchSize: 1, packed: false };
    const alignment = { learningRate: 1e-3, batchSize: 256, order: "shuffled", numSteps: 2180, warmupSteps: 66 };
    const tuning = { learningRate: 2e-5, batchSize: 128, order: "by-modality-and-length" };
    expect(Object.fromEntries(settings)).toEqual({
      "1-pt": { template: "plain", ...alone, ...alignment },
      "2-dpt": { template: "plain", ...alone, ...alignment },
      "3-sft": { template: "phi", ...alone, ...tuning, numSteps: 5200, warmupSteps: 156 },
      "4-dft": { template: "phi", ...alone, ...tuning, numSteps: 5200, warmupSteps: 156 },
    });
  });

  it("gives DPT an objective of its own, where one is named", () => {
    const steps = ["DPT", "DFT"].map((step) => ({ step, data }));
    const weightsOf = (distillation: object) =>
      parsed({ teacher: {}, steps, distillation })
        .filter(({ kind }) => kind === "conversation-train")
        .map(({ params }) => conversationTrainParams.parse(params).objective)
        .map((objective) => objective.kind === "llava-kd" && objective.weights.relation);
    expect(weightsOf({ weights: { relation: 2 } })).toEqual([2, 2]);
    expect(weightsOf({ weights: { relation: 2 }, alignment: {} })).toEqual([0.5, 2]);
  });

  it("asks benchmarks in the frame of the last step, or in the one that is named", () => {
    const frame = (steps: object[], template: string | null = null) =>
      parsed({ steps, evaluation: { benchmarks, template } }).at(-1)!.params.template;
    const [captions, instructions] = [
      { step: "PT", data },
      { step: "SFT", data },
    ];
    expect(frame([captions, instructions])).toBe("phi");
    expect(frame([captions, { ...instructions, template: "qwen2_base" }])).toBe("qwen2_base");
    expect(frame([captions, instructions], "chat")).toBe("chat");
    expect(frame([])).toBe("bare");
    expect(() => frame([instructions, captions])).toThrow(/evaluation\.template/);
    expect(frame([instructions, captions], "phi")).toBe("phi");
  });

  it("refuses a batch that cannot be cut into equal parts", () => {
    const of = (training: object) => () => parsed({ steps: [{ step: "SFT", data, training }] });
    expect(of({ batchSize: 6, microBatchSize: 4 })).toThrow(/must divide batchSize/);
    expect(of({ batchSize: 6, microBatchSize: 3 })).not.toThrow();
  });

  it("goes on with the model of an earlier run, and learns from that of another", () => {
    const [run, other] = ["01890000-0000-7000-8000-000000000001", "01890000-0000-7000-8000-000000000002"];
    const params = {
      model: { from: "run", run },
      teacher: { from: "run", run: other, stage: "3-dft" },
      steps: [{ step: "DFT", data }],
    };
    const { specs, earlier } = parseRun({ recipe: "llava-files", params, seed: 0 });
    expect(earlier).toEqual([
      { name: "student", run, stage: null, artifact: "model", param: "model" },
      { name: "teacher", run: other, stage: "3-dft", artifact: "model", param: "teacher" },
    ]);
    expect(specs.map(({ name, inputs }) => [name, inputs])).toEqual([
      ["1-dft", { model: { stage: "student", artifact: "model" }, teacher: { stage: "teacher", artifact: "model" } }],
    ]);
    // A teacher that nobody learns from is not asked for.
    const untaught = { ...params, steps: [{ step: "SFT", data }] };
    expect(parseRun({ recipe: "llava-files", params: untaught, seed: 0 }).earlier).toHaveLength(1);
    const named = {
      recipe: "llava-files",
      params: { ...params, steps: [], evaluation: { benchmarks, template: "phi" } },
    };
    const again = parseRun({ recipe: "benchmarks", params: { ...named, benchmarks }, seed: 0 });
    expect(again.specs.map(({ name, inputs }) => [name, inputs.model])).toEqual([
      ["benchmarks", { stage: "student", artifact: "model" }],
    ]);
    expect(again.earlier.map(({ param }) => param)).toEqual(["params.model"]);
    expect(() => parsed({ model: params.model })).toThrow(/add a step or a benchmark/);
    expect(() => parsed({ model: params.model, evaluation: { benchmarks } })).toThrow(/evaluation\.template/);
    expect(parsed({ model: params.model, evaluation: { benchmarks, template: "phi" } })).toHaveLength(1);
  });

  it("takes a model's parts without saying that these are parts, as before there was a choice", () => {
    const random = { source: "random", preset: "clip-tiny" };
    const imports = (choice: object) =>
      parsed({ model: choice, teacher: choice, steps: [{ step: "DFT", data }] }).slice(0, 2);
    expect(imports({ vision: random })).toEqual(imports({ from: "parts", vision: random }));
    for (const { kind, params } of imports({ vision: random })) {
      expect(kind).toBe("model-import");
      expect(modelImportParams.parse(params).vision).toEqual(random);
    }
  });

  it("wants a teacher for a distilled step", () => {
    const params = { steps: [{ step: "DFT", data }] };
    expect(() => parseRun({ recipe: "llava-files", params, seed: 0 })).toThrow(/needs a teacher/);
  });
});
