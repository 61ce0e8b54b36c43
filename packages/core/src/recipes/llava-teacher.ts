import { z } from "zod";
import type { StageSpec } from "../stages/stage.ts";
import { commonShape, teacherParams } from "./llava/params.ts";
import { encoderStages, evaluationStages, teacherStages } from "./llava/stages.ts";
import type { RecipeDefinition } from "./recipe.ts";

const llavaTeacherParams = z.strictObject({ ...commonShape, teacher: teacherParams });

type LlavaTeacherParams = z.output<typeof llavaTeacherParams>;

/** A larger model, which the students of llava-kd with the same settings find finished. */
export const llavaTeacher = {
  name: "llava-teacher",
  title: "LLaVA teacher",
  summary:
    "Trains a vision encoder, a language model and the two together, and keeps the result as an artifact: the teacher of " +
    "every llava-kd run with the same settings.",
  params: llavaTeacherParams,
  headline: { metric: "vqaAccuracy", label: "VQA accuracy", unit: "fraction", higherIsBetter: true },
  published: [],
  stages({ teacher, ...common }: LlavaTeacherParams, seed: number): StageSpec[] {
    // The run's seed and the teacher's add up, so that a sweep over seeds trains as many teachers.
    const stages = teacherStages(common, { ...teacher, seed: teacher.seed + seed }, seed);
    return [...encoderStages(common), ...stages, ...evaluationStages(common, stages.at(-1)!.name)];
  },
} satisfies RecipeDefinition<LlavaTeacherParams>;
