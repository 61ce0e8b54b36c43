import { describe, expect, it } from "vitest";
import { dataKey, parseRun, planRun, type RunRequest, requiredData } from "../experiment/plan.ts";

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
    expect(specs[3]).toMatchObject({
      inputs: { model: { stage: "1-dpt" } },
      params: { objective: { kind: "cross-entropy" } },
    });
    expect(specs[4]!.inputs.teacher).toEqual({ stage: "import-teacher", artifact: "model" });
  });

  it("wants a teacher for a distilled step", () => {
    const params = { steps: [{ step: "DFT", data }] };
    expect(() => parseRun({ recipe: "llava-files", params, seed: 0 })).toThrow(/needs a teacher/);
  });
});
