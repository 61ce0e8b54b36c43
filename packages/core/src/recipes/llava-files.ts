import { z } from "zod";
import { benchmarkReference } from "../data/benchmarks/definitions.ts";
import { templateNames } from "../data/conversation/templates.ts";
import { distillationShape } from "../methods/llava-kd/objective.ts";
import { benchmarkEvaluateParams } from "../stages/benchmark-evaluate/definition.ts";
import { deviceParam, threadsParam } from "../stages/resource-params.ts";
import type { RecipeStage, StageInput, StageSpec } from "../stages/stage.ts";
import { fileStudent, fileTeacher, modelStage } from "./llava/file-models.ts";
import { fileSteps } from "./llava/file-steps.ts";
import { alignmentObjective, isAlignment, isDistilled } from "./llava/params.ts";
import { llavaKdPublished } from "./llava/published.ts";
import type { RecipeDefinition } from "./recipe.ts";

const evaluationParams = benchmarkEvaluateParams.omit({ threads: true, device: true, benchmarks: true }).extend({
  benchmarks: z.array(benchmarkReference).default([]).describe(benchmarkEvaluateParams.shape.benchmarks.description!),
  template: z
    .enum(templateNames)
    .nullable()
    .default(null)
    .describe("Frame of the prompt. Empty: that of the last step; bare where nothing is trained here"),
});

const llavaFilesParams = z
  .strictObject({
    model: fileStudent,
    teacher: fileTeacher,
    distillation: z
      .strictObject({ ...distillationShape, alignment: alignmentObjective })
      .prefault({})
      .describe("Terms and weights of distilled steps"),
    steps: z
      .array(fileSteps)
      .max(8)
      .default([])
      .describe(
        "Training, one step after the other, on LLaVA's JSON; each starts with the paper's settings of its kind",
      ),
    evaluation: evaluationParams.prefault({}).describe("Benchmarks after the last step"),
    threads: threadsParam(2),
    device: deviceParam,
  })
  .superRefine(({ model, teacher, steps, evaluation }, context) => {
    const refuse = (path: (string | number)[], message: string) => context.addIssue({ code: "custom", path, message });
    const needing = steps.findIndex(({ step }) => isDistilled(step));
    if (needing >= 0 && teacher === null) refuse(["steps", needing, "step"], "a distilled step needs a teacher");
    const isAsked = evaluation.benchmarks.length > 0;
    if (model.from === "run" && steps.length === 0 && !isAsked)
      refuse(["model"], "nothing is done with the earlier run's model: add a step or a benchmark");
    if (!isAsked || evaluation.template !== null) return;
    const frame = ["evaluation", "template"];
    if (steps.at(-1)?.template === "plain")
      refuse(frame, "the last step's frame, plain, leaves questions out: name the frame that benchmarks are asked in");
    if (model.from === "run" && steps.length === 0)
      refuse(frame, "name the frame that the earlier run's model was trained in: no step here tells it");
  });

type LlavaFilesParams = z.output<typeof llavaFilesParams>;

const model = (stage: string): StageInput => ({ stage, artifact: "model" });

/** Published weights, LLaVA's data and published benchmarks, from files: the method as its paper runs it. */
export const llavaFiles = {
  name: "llava-files",
  title: "LLaVA from files",
  summary:
    "Takes a student (and a teacher) from published weights or earlier runs, trains it on conversations in LLaVA's JSON in the order you " +
    "give (PT, DPT, SFT, DFT), and scores it on published benchmarks.",
  params: llavaFilesParams,
  headline: { metric: "benchmarkScore", label: "Benchmark score", unit: "fraction", higherIsBetter: true },
  published: llavaKdPublished,
  stages(
    { model: student, teacher, distillation, steps, evaluation, threads, device }: LlavaFilesParams,
    seed: number,
  ): RecipeStage[] {
    const first = modelStage(student, { name: student.from === "run" ? "student" : "import", param: "model", seed });
    const teaching =
      teacher === null || !steps.some(({ step }) => isDistilled(step))
        ? null
        : modelStage(teacher, { name: teacher.from === "run" ? "teacher" : "import-teacher", param: "teacher", seed });
    const { alignment, ...tuning } = distillation;
    let before = first.name;
    const trained = steps.map(({ step, data, template, training }, place): StageSpec => {
      const taught = isDistilled(step);
      const spec: StageSpec = {
        name: `${place + 1}-${step.toLowerCase()}`,
        kind: "conversation-train",
        params: {
          data,
          template,
          trainable: isAlignment(step) ? "projector" : "projector-and-decoder",
          objective: taught
            ? { kind: "llava-kd", ...(isAlignment(step) ? (alignment ?? tuning) : tuning) }
            : { kind: "cross-entropy" },
          training,
          threads,
          device,
        },
        inputs: { model: model(before), ...(taught && { teacher: model(teaching!.name) }) },
        seed: seed + 100_000 * place,
      };
      before = spec.name;
      return spec;
    });
    const evaluated: StageSpec[] =
      evaluation.benchmarks.length === 0
        ? []
        : [
            {
              name: "benchmarks",
              kind: "benchmark-evaluate",
              params: {
                ...evaluation,
                template: evaluation.template ?? steps.at(-1)?.template ?? "bare",
                threads,
                device,
              },
              inputs: { model: model(before) },
              // Draws only where MMMU's rule does, always the same.
              seed: 0,
            },
          ];
    return [first, ...(teaching === null ? [] : [teaching]), ...trained, ...evaluated];
  },
} satisfies RecipeDefinition<LlavaFilesParams>;
