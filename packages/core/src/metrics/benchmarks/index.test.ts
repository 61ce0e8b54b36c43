import { unzipSync } from "fflate";
import { describe, expect, it } from "vitest";
import type { BenchmarkQuestion } from "../../data/benchmarks/question.ts";
import { normalizeEvalAiAnswer } from "../vqa/eval-ai.ts";
import { mmeCognitionTasks, mmePerceptionTasks } from "../vqa/mme.ts";
import { averages, benchmarkScorers } from "./index.ts";
import { readOption } from "./mmbench.ts";

function asked<Truth>(truth: Truth, answer: string, more: Partial<BenchmarkQuestion<Truth>> = {}) {
  const question: BenchmarkQuestion<Truth> = {
    questionId: "1",
    clusterId: "1",
    images: [{ kind: "file", path: "1.jpg" }],
    question: "what?",
    suffix: "",
    category: null,
    truth,
    fields: {},
    ...more,
  };
  return { question, answer, truth };
}

describe("benchmark scores", () => {
  it("VQAv2: three of ten annotators are worth 0.9, two 0.6", () => {
    const truth = {
      answers: ["cat", "cat", "cat", ...Array<string>(5).fill("dog"), "cow", "cow"],
      questionType: "what",
      answerType: "other",
    };
    const { metrics } = benchmarkScorers.vqav2;
    expect(metrics([asked(truth, "a Cat.")], 0)).toEqual({ score: 0.9, "vqaAccuracy other": 0.9 });
    expect(metrics([asked(truth, "cow"), asked(truth, "dog")], 0).score).toBeCloseTo(0.8, 12);
  });

  it("TextVQA: always normalised, with 's split off", () => {
    const truth = { answers: [...Array<string>(9).fill("joe's diner"), "x"] };
    expect(benchmarkScorers.textvqa.metrics([asked(truth, "Joe's Diner?")], 0).score).toBe(1);
    expect(normalizeEvalAiAnswer("The Joe's, 2?")).toBe("joe 's 2");
    expect(benchmarkScorers.textvqa.metrics([asked(truth, "y")], 0).score).toBe(0);
  });

  it("GQA: equality without the last full stop", () => {
    const { metrics, submission } = benchmarkScorers.gqa;
    expect(metrics([asked({ answer: "yes" }, "Yes."), asked({ answer: "no" }, "yes")], 0).score).toBe(0.5);
    const sent = submission!([asked({ answer: "yes" }, "Yes.", { fields: { questionId: "7" } })], 0);
    expect(JSON.parse(sent.contents as string)).toEqual([{ questionId: "7", prediction: "yes" }]);
  });

  it("ScienceQA: the accuracy over questions with a picture", () => {
    const truth = { answer: 1, numChoices: 3 };
    const answered = [asked(truth, "B"), asked(truth, "A. because"), asked(truth, "C", { images: [] })];
    expect(benchmarkScorers.scienceqa.metrics(answered, 0)).toEqual({
      score: 0.5,
      accuracy: 1 / 3,
      imageAccuracy: 0.5,
    });
  });

  it("MMBench: a question counts when every rotation is right", () => {
    const row = (clusterId: string, rotation: number, answer: string) =>
      asked({ answer: "A", rotation }, answer, {
        clusterId,
        fields: { index: 5 + rotation * 1e6, question: "q", options: ["x", "y"] },
      });
    const answered = [row("1", 0, "A"), row("1", 1, "A."), row("2", 0, "A"), row("2", 1, "y")];
    const { metrics, submission } = benchmarkScorers.mmbench;
    expect(metrics(answered, 0)).toEqual({ score: 0.5, vanillaAccuracy: 0.75, accuracy: 1 });
    const { fileName, contents } = submission!([row("1", 0, "A & <b>\u0001")], 0);
    expect(fileName).toBe("mmbench.xlsx");
    const sheet = new TextDecoder().decode(unzipSync(contents as Uint8Array)["xl/worksheets/sheet1.xml"]);
    expect(sheet).toContain('<c r="G1" t="inlineStr"><is><t xml:space="preserve">prediction</t></is></c>');
    expect(sheet).toContain('<c r="A2"><v>5</v></c>');
    expect(sheet).toContain('<c r="G2" t="inlineStr"><is><t xml:space="preserve">A &amp; &lt;b&gt;</t></is></c>');
    expect(sheet).not.toContain('"E2"');
  });

  it.each([
    ["B", "B"],
    ["(B) y", "B"],
    ["B: y", "B"],
    ["Y.", "B"],
    ["E", ""],
    ["Because", ""],
  ])("reads the option %s", (answer, letter) => {
    expect(readOption(answer, ["x", "y"])).toBe(letter);
  });

  it("MME: sums stand where all of their tasks do, and the missing tasks are named", () => {
    const ofTasks = (tasks: readonly string[]) =>
      tasks.map((task) => asked({ label: "Yes" }, "yes", { category: task, clusterId: task }));
    const { metrics, missingTasks } = benchmarkScorers.mme;
    const missing = (answered: ReturnType<typeof ofTasks>) => missingTasks!(answered.map(({ question }) => question));
    const whole = ofTasks([...mmePerceptionTasks, ...mmeCognitionTasks]);
    expect(metrics(whole, 0)).toMatchObject({ score: 1, perception: 2000, cognition: 800 });
    expect(missing(whole)).toEqual([]);
    // A table of perception alone is LLaVA-KD's.
    const perception = ofTasks(mmePerceptionTasks);
    expect(metrics(perception, 0)).toMatchObject({ score: 1, perception: 2000 });
    expect(metrics(perception, 0)).not.toHaveProperty("cognition");
    expect(missing(perception)).toEqual(mmeCognitionTasks);
    const part = ofTasks([...mmePerceptionTasks.slice(1), ...mmeCognitionTasks]);
    expect(metrics(part, 0)).toMatchObject({ cognition: 800, "count points": 200 });
    expect(Object.keys(metrics(part, 0))).not.toContain("score");
    expect(Object.keys(metrics(part, 0))).not.toContain("perception");
    expect(missing(part)).toEqual(["existence"]);
  });

  it("MMMU: by subject and in all", () => {
    const options = { A: "one", B: "two" };
    const row = (questionId: string, category: string, answer: string) =>
      asked({ answers: ["B"] }, answer, { questionId, category, fields: { multipleChoice: true, options } });
    const answered = [row("1", "Art", "B"), row("2", "Art", "(A)"), row("3", "Math", "B")];
    expect(benchmarkScorers.mmmu.metrics(answered, 0)).toEqual({
      score: 2 / 3,
      "Art accuracy": 0.5,
      "Math accuracy": 1,
    });
    expect(JSON.parse(benchmarkScorers.mmmu.submission!(answered, 0).contents as string)).toEqual({
      1: "B",
      2: "A",
      3: "B",
    });
    const open = asked({ answers: ["12", "12.0"] }, "it is 12", { fields: { multipleChoice: false, options: {} } });
    expect(benchmarkScorers.mmmu.score(open, 0).score).toBe(1);
  });

  it("VizWiz and VQAv2 send normalised answers under the names that the servers know", () => {
    const viz = benchmarkScorers.vizwiz.submission!(
      [asked({ answers: ["x"] }, "Two cats,", { fields: { image: "a.jpg" } })],
      0,
    );
    expect(JSON.parse(viz.contents as string)).toEqual([{ image: "a.jpg", answer: "2 cats" }]);
    const truth = { answers: ["x"], questionType: "", answerType: "" };
    const vqa = benchmarkScorers.vqav2.submission!([asked(truth, "A dog", { fields: { question_id: 9 } })], 0);
    expect(JSON.parse(vqa.contents as string)).toEqual([{ question_id: 9, answer: "dog" }]);
  });

  it("averages ten benchmarks, and seven without VQAv2, POPE and MMMU, as the published table does", () => {
    // The row of LLaVA-KD with Qwen1.5-0.5B.
    const row = {
      vqav2: 77.0,
      gqa: 59.6,
      vizwiz: 35.9,
      scienceqa: 60.6,
      textvqa: 49.9,
      mme: 64.5,
      mmbench: 60.1,
      "mmbench-cn": 55.5,
      pope: 85.9,
      mmmu: 30.2,
    };
    const average = (names: readonly (keyof typeof row)[]) =>
      names.reduce((sum, name) => sum + row[name], 0) / names.length;
    expect(average(averages.avg7).toFixed(1)).toBe("55.2");
    expect(average(averages.avg10).toFixed(1)).toBe("57.9");
  });
});
