import { z } from "zod";
import { benchmarkReference } from "../data/benchmarks/definitions.ts";
import { templateNames } from "../data/conversation/templates.ts";
import { distillationShape } from "../methods/llava-kd/objective.ts";
import { benchmarkEvaluateParams } from "../stages/benchmark-evaluate/definition.ts";
import { modelImportParams } from "../stages/model-import/definition.ts";
import { deviceParam, threadsParam } from "../stages/resource-params.ts";
import type { StageInput, StageSpec } from "../stages/stage.ts";
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
    .describe("Frame of the prompt. Empty: that of the last step; bare where nothing is trained"),
});

const llavaFilesParams = z
  .strictObject({
    model: modelImportParams.prefault({}).describe("The student: where its parts come from"),
    teacher: modelImportParams
      .nullable()
      .default(null)
      .describe("The teacher of distilled steps: where its parts come from"),
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
  .superRefine(({ teacher, steps, evaluation }, context) => {
    const needing = steps.findIndex(({ step }) => isDistilled(step));
    if (needing >= 0 && teacher === null) {
      context.addIssue({
        code: "custom",
        path: ["steps", needing, "step"],
        message: "a distilled step needs a teacher",
      });
    }
    if (evaluation.benchmarks.length > 0 && evaluation.template === null && steps.at(-1)?.template === "plain") {
      context.addIssue({
        code: "custom",
        path: ["evaluation", "template"],
        message: "the last step's frame, plain, leaves questions out: name the frame that benchmarks are asked in",
      });
    }
  });

type LlavaFilesParams = z.output<typeof llavaFilesParams>;

const model = (stage: string): StageInput => ({ stage, artifact: "model" });

/** Published weights, LLaVA's data and published benchmarks, from files: the method as its paper runs it. */
export const llavaFiles = {
  name: "llava-files",
  title: "LLaVA from files",
  summary:
    "Puts a student (and a teacher) together from published weights, trains it on conversations in LLaVA's JSON in the order you " +
    "give (PT, DPT, SFT, DFT), and scores it on published benchmarks.",
  params: llavaFilesParams,
  headline: { metric: "benchmarkScore", label: "Benchmark score", unit: "fraction", higherIsBetter: true },
  published: llavaKdPublished,
  stages(
    { model: student, teacher, distillation, steps, evaluation, threads, device }: LlavaFilesParams,
    seed: number,
  ): StageSpec[] {
    const imported: StageSpec = { name: "import", kind: "model-import", params: student, inputs: {}, seed };
    const teacherStage: StageSpec[] =
      teacher === null || !steps.some(({ step }) => isDistilled(step))
        ? []
        : [{ name: "import-teacher", kind: "model-import", params: teacher, inputs: {}, seed }];
    const { alignment, ...tuning } = distillation;
    let before = imported.name;
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
        inputs: { model: model(before), ...(taught && { teacher: model("import-teacher") }) },
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
    return [imported, ...teacherStage, ...trained, ...evaluated];
  },
} satisfies RecipeDefinition<LlavaFilesParams>;
