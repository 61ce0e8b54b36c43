import { z } from "zod";
import { INSTEAD_OF_TOP_K, relatesLogits } from "../methods/llava-kd/objective.ts";
import type { RecipeStage, StageSpec } from "../stages/stage.ts";
import {
  commonShape,
  distillationParams,
  isAlignment,
  isDistilled,
  schemeStages as names,
  studentParams,
  teacherChoice,
} from "./llava/params.ts";
import { llavaKdPublished } from "./llava/published.ts";
import {
  encoderStages,
  evaluationStages,
  languageStage,
  type Schooling,
  schemeStages,
  teacherStages,
} from "./llava/stages.ts";
import { llavaKdSweeps } from "./llava/sweeps.ts";
import type { RecipeDefinition } from "./recipe.ts";

const llavaKdParams = z
  .strictObject({
    ...commonShape,
    scheme: z
      .array(z.enum(names))
      .min(1)
      .max(6)
      .default(["DPT", "SFT", "DFT"])
      .describe("The student's stages in order: pre-training and fine-tuning, D for distilled")
      // A scheme may hold a stage twice, as the paper's DPT-DFT-DFT does: forms offer a list, and not a set.
      .meta({ isSequence: true }),
    student: studentParams,
    teacher: teacherChoice,
    distillation: distillationParams,
  })
  .superRefine(({ scheme, distillation: { objective, alignment, teacher, topK } }, context) => {
    const used = scheme.filter(isDistilled).map((stage) => (isAlignment(stage) ? (alignment ?? objective) : objective));
    if (topK === null || teacher === "online" || !used.some(relatesLogits)) return;
    context.addIssue({
      code: "custom",
      path: ["distillation", "topK"],
      message: `the relation of logits needs all logits of the teacher. ${INSTEAD_OF_TOP_K}`,
    });
  });

type LlavaKdParams = z.output<typeof llavaKdParams>;

/** LLaVA-KD: a small model learns from pictures and from a larger one, in three stages. Source: arXiv 2410.16236. */
export const llavaKd = {
  name: "llava-kd",
  title: "LLaVA-KD",
  summary:
    "Distils a larger vision-language model into a smaller one in stages: distilled pre-training of the projector, supervised " +
    "fine-tuning, distilled fine-tuning. Every other order of the paper is a choice of the scheme.",
  params: llavaKdParams,
  headline: { metric: "vqaAccuracy", label: "VQA accuracy", unit: "fraction", higherIsBetter: true },
  published: llavaKdPublished,
  sweeps: llavaKdSweeps,
  stages({ scheme, student, teacher, distillation, ...common }: LlavaKdParams, seed: number): RecipeStage[] {
    const { numImages, imagesSeed, alignment, tuning, labelSmoothing } = student;
    const subset = numImages === null ? null : { numImages, seed: imagesSeed ?? seed };
    const taught = scheme.some(isDistilled) ? teacherSide({ teacher, distillation, subset, common, seed }) : null;
    const own = schemeStages(common, {
      prefix: "",
      scheme,
      from: "language",
      subset,
      alignment,
      tuning,
      labelSmoothing,
      distillation: taught?.distillation ?? null,
      seed,
    });
    return [
      ...encoderStages(common),
      ...(taught?.stages ?? []),
      languageStage(common, { name: "language", decoder: student.decoder, training: student.language, seed }),
      ...own,
      ...evaluationStages(common, own.at(-1)!.name),
    ];
  },
} satisfies RecipeDefinition<LlavaKdParams>;

interface TeacherSide extends Pick<LlavaKdParams, "teacher" | "distillation"> {
  subset: Schooling["subset"];
  seed: number;
  common: Parameters<typeof encoderStages>[0];
}

/** The teacher, and its outputs for the student's pictures where they are stored. */
function teacherSide({ teacher, distillation, subset, common, seed }: TeacherSide) {
  const { data, threads, device } = common;
  const { objective, alignment, precision, topK } = distillation;
  const objectives = { alignment: alignment ?? objective, tuning: objective };
  const stages: RecipeStage[] =
    teacher.from === "run"
      ? [{ name: "teacher", run: teacher.run, stage: teacher.stage, artifact: "model", param: "teacher" }]
      : teacherStages(common, teacher, seed);
  const model = { stage: stages.at(-1)!.name, artifact: "model" };
  if (distillation.teacher === "online") {
    return { stages, distillation: { objectives, teacher: { input: "teacher" as const, from: model } } };
  }
  const cache: StageSpec = {
    name: "teacher-outputs",
    kind: "teacher-cache",
    params: { data, subset, precision, topK, threads, device },
    inputs: { model, features: { stage: "features", artifact: "features" } },
    seed: 0,
  };
  const from = { stage: cache.name, artifact: "outputs" };
  return {
    stages: [...stages, cache],
    distillation: { objectives, teacher: { input: "teacherCache" as const, from } },
  };
}
