import type { StageInput, StageSpec } from "../../stages/stage.ts";
import { type CommonParams, isAlignment, isDistilled, type SchemeStage, type TeacherParams } from "./params.ts";

/** Seeds of the stages that all students and teachers of an experiment share. */
const ENCODER_SEED = 1;

const features: StageInput = { stage: "features", artifact: "features" };
const model = (stage: string): StageInput => ({ stage, artifact: "model" });

/** The frozen encoder and what it makes of every picture. */
export function encoderStages({ data, encoder, projector, threads, device }: CommonParams): StageSpec[] {
  const own =
    encoder.from === "labels"
      ? {
          kind: "vision-pretrain",
          params: { data, encoder: encoder.sizes, training: encoder.training, threads, device },
          artifact: "encoder",
        }
      : {
          kind: "vlm-sft",
          params: { data, size: encoder.size, training: encoder.training, threads, device },
          artifact: "model",
        };
  return [
    { name: "encoder", kind: own.kind, params: own.params, inputs: {}, seed: ENCODER_SEED },
    {
      name: "features",
      kind: "vision-features",
      params: { data, merge: projector, threads, device },
      inputs: { encoder: { stage: "encoder", artifact: own.artifact } },
      // Nothing is drawn.
      seed: 0,
    },
  ];
}

interface Language {
  name: string;
  decoder: unknown;
  training: unknown;
  seed: number;
}

/** A language model of its own behind the common encoder. */
export function languageStage(
  { data, projector, encoder, threads, device }: CommonParams,
  { name, decoder, training, seed }: Language,
): StageSpec {
  return {
    name,
    kind: "lm-pretrain",
    params: { data, decoder, projector, training, threads, device },
    inputs: { encoder: { stage: "encoder", artifact: encoder.from === "labels" ? "encoder" : "model" } },
    seed,
  };
}

export interface Schooling {
  /** "teacher" gives "teacher-1-pt", "teacher-2-sft". */
  prefix: string;
  scheme: readonly SchemeStage[];
  /** Stage whose model the first stage goes on with. */
  from: string;
  subset: { numImages: number; seed: number } | null;
  alignment: unknown;
  tuning: unknown;
  labelSmoothing: number;
  distillation: {
    /** What DPT and DFT minimise. */
    objectives: { alignment: object; tuning: object };
    teacher: { input: "teacher" | "teacherCache"; from: StageInput };
  } | null;
  seed: number;
}

/** The stages of a scheme one after the other; equal beginnings of two schemes are the same stages. */
export function schemeStages({ data, threads, device }: CommonParams, schooling: Schooling): StageSpec[] {
  const { scheme, subset, labelSmoothing, distillation, seed } = schooling;
  let before = schooling.from;
  return scheme.map((stage, place) => {
    const taught = isDistilled(stage) ? distillation : null;
    const part = isAlignment(stage) ? "alignment" : "tuning";
    const name = `${schooling.prefix}${place + 1}-${stage.toLowerCase()}`;
    const spec: StageSpec = {
      name,
      kind: "llava-train",
      params: {
        data,
        subset,
        content: isAlignment(stage) ? "captions" : "questions",
        trainable: isAlignment(stage) ? "projector" : "projector-and-decoder",
        objective:
          taught === null
            ? { kind: "cross-entropy", labelSmoothing }
            : { kind: "llava-kd", ...taught.objectives[part] },
        training: schooling[part],
        threads,
        device,
      },
      inputs: {
        model: model(before),
        features,
        ...(taught !== null && { [taught.teacher.input]: taught.teacher.from }),
      },
      // Each place has batches of its own, the same whatever stage stands there.
      seed: seed + 100_000 * place,
    };
    before = name;
    return spec;
  });
}

/** Everything that makes a teacher; its model is the last stage's. */
export function teacherStages(common: CommonParams, teacher: TeacherParams, runSeed: number): StageSpec[] {
  const { decoder, language, alignment, tuning, numImages, imagesSeed, seed } = teacher;
  return [
    languageStage(common, { name: "teacher-language", decoder, training: language, seed }),
    ...schemeStages(common, {
      prefix: "teacher-",
      scheme: ["PT", "SFT"],
      from: "teacher-language",
      subset: numImages === null ? null : { numImages, seed: imagesSeed ?? runSeed },
      alignment,
      tuning,
      labelSmoothing: 0,
      distillation: null,
      seed,
    }),
  ];
}

/** The test split's questions, with the pictures and, if asked for, without. */
export function evaluationStages({ data, evaluation, threads, device }: CommonParams, from: string): StageSpec[] {
  const { numNewTokens, numSampleImages, blanked } = evaluation;
  const evaluate = (name: string, condition: string, inputs: StageSpec["inputs"]): StageSpec => ({
    name,
    kind: "vlm-evaluate",
    params: { data, condition, numNewTokens, numSampleImages, batchSize: 256, threads, device },
    inputs: { model: model(from), ...inputs },
    // Greedy decoding draws nothing.
    seed: 0,
  });
  return [
    ...(blanked ? [evaluate("evaluate-blanked", "image-blanked", {})] : []),
    evaluate("evaluate", "full", { features }),
  ];
}
