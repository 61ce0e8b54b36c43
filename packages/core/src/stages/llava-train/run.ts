// [node]
import { readFile } from "node:fs/promises";
import { SpecError } from "../../base/errors.ts";
import { loadDataset } from "../../data/loaders.ts";
import { subsetOf } from "../../data/subset.ts";
import { type FitOptions, fit } from "../../methods/llava-kd/fit.ts";
import { samplesOf } from "../../methods/llava-kd/samples.ts";
import { readModel } from "../../models/llava/model-file.ts";
import { keepModel } from "../keep-model.ts";
import { reportSkipped } from "../report-skipped.ts";
import type { StageContext } from "../stage.ts";
import type { LlavaTrainParams } from "./definition.ts";

export async function runLlavaTrain(context: StageContext<LlavaTrainParams>): Promise<void> {
  const { params, inputs, seed } = context;
  const model = readModel(await readFile(inputs.model!), "input model");
  const data = await loadDataset(params.data, context.signal);
  const options = { ...params.training, content: params.content };
  const { samples, skipped } = samplesOf(subsetOf(data.train, params.subset), model.tokenizer, options);
  reportSkipped({ skipped: [...data.skipped, ...skipped] }, context);
  const numQuestions = samples.reduce((sum, { questions }) => sum + questions.length, 0);
  context.log("info", `${samples.length} pictures with ${numQuestions} ${params.content}`);
  const weights = await fit(
    {
      model,
      samples,
      trainable: params.trainable,
      objective: params.objective,
      featuresPath: inputs.features!,
      teacher: teacherInput(inputs),
      training: params.training,
      provider: params.device,
      threads: params.threads,
      seed,
    },
    context,
  );
  await keepModel({ ...model, weights }, params.training.numTextTokens, context);
}

function teacherInput({ teacher, teacherCache }: Partial<Record<string, string>>): FitOptions["teacher"] {
  if (teacher !== undefined && teacherCache !== undefined) {
    throw new SpecError({
      code: "TWO_TEACHERS",
      message: "A stage learns from a teacher or from its stored outputs, not from both",
      expected: "one of the inputs teacher and teacherCache",
      got: "both",
    });
  }
  if (teacherCache !== undefined) return { kind: "cached", path: teacherCache };
  return teacher === undefined ? null : { kind: "online", path: teacher };
}
