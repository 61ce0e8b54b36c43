// [node]
import { readFile } from "node:fs/promises";
import { loadDataset } from "../../data/loaders.ts";
import { WordTokenizer } from "../../data/tokenizers/word.ts";
import { fit } from "../../methods/llava-kd/fit.ts";
import { samplesOf, textsOf } from "../../methods/llava-kd/samples.ts";
import { llavaConfig } from "../../models/llava/config.ts";
import { readEncoder } from "../../models/llava/encoder-file.ts";
import { sftGraph } from "../../models/llava/sft-graph.ts";
import { keepModel } from "../keep-model.ts";
import { reportSkipped } from "../report-skipped.ts";
import type { StageContext } from "../stage.ts";
import type { LmPretrainParams } from "./definition.ts";

export async function runLmPretrain(context: StageContext<LmPretrainParams>): Promise<void> {
  const { params, seed } = context;
  const encoder = readEncoder(await readFile(context.inputs.encoder!), "input encoder");
  const data = await loadDataset(params.data, context.signal);
  const tokenizer = WordTokenizer.fromTexts(textsOf(data.train));
  const config = llavaConfig.parse({
    ...encoder.config,
    picture: encoder.picture,
    projector: params.projector,
    decoder: params.decoder,
    vocabularySize: tokenizer.vocabularySize,
  });
  const options = { ...params.training, content: "captions-and-questions" } as const;
  const { samples, skipped } = samplesOf(data.train, tokenizer, options);
  reportSkipped({ skipped: [...data.skipped, ...skipped] }, context);
  context.log("info", `${samples.length} texts, ${tokenizer.vocabularySize} tokens`);
  // The graph of the whole model draws the weights that nothing has trained yet.
  const untrained = sftGraph({ config, batchSize: 1, numTextTokens: params.training.numTextTokens, seed }).graph;
  const weights = new Map([...untrained.parameters].map(([name, { tensor }]) => [name, tensor!]));
  for (const [name, tensor] of encoder.weights) weights.set(name, tensor);
  const model = { config, tokenizer, weights };
  const trained = await fit(
    {
      model,
      samples,
      trainable: "decoder",
      objective: { kind: "cross-entropy", labelSmoothing: 0 },
      featuresPath: null,
      teacher: null,
      training: params.training,
      provider: params.device,
      threads: params.threads,
      seed,
    },
    context,
  );
  await keepModel({ ...model, weights: trained }, params.training.numTextTokens, context);
}
