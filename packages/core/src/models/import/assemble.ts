import { nn, type Tensor } from "@retort/engine";
import { DataError } from "../../base/errors.ts";
import type { Tokenizer } from "../../data/tokenizers/tokenizer.ts";
import { type LlavaConfigInput, llavaConfig } from "../llava/config.ts";
import { answerGraph } from "../llava/generate-graphs.ts";
import type { LlavaModel } from "../llava/model-file.ts";

export interface Assembly {
  config: LlavaConfigInput;
  tokenizer: Tokenizer;
  /** What has been read, under our names. */
  weights: ReadonlyMap<string, Tensor>;
  /** Which of the parts begin with random weights. */
  random: readonly ("vision" | "projector" | "decoder")[];
  seed: number;
}

/**
 * A whole model from parts of different origin; the parts named random are drawn from the seed.
 * @throws DataError when a weight of another part lacks, or the tokenizer knows more tokens than the model
 * @throws ShapeError when a weight has another shape than the configuration says
 */
export function assemble({ config: input, tokenizer, weights, random, seed }: Assembly): LlavaModel {
  const config = llavaConfig.parse(input);
  if (tokenizer.vocabularySize > config.vocabularySize) {
    throw new DataError({
      code: "DATA_WRONG_VOCABULARY",
      message: "The tokenizer has more tokens than the language model",
      expected: `at most ${config.vocabularySize}`,
      got: `${tokenizer.vocabularySize}`,
      fix: "Name the tokenizer that the language model was trained with.",
    });
  }
  const hollow = answerGraph(config, 1);
  const isRandom = (name: string) => random.some((part) => name.startsWith(`${part}.`));
  const missing = [...hollow.parameters.keys()].filter((name) => !weights.has(name) && !isRandom(name));
  if (missing.length > 0) {
    throw new DataError({
      code: "DATA_MISSING_WEIGHT",
      message: `${missing.length} weights of the model were not read`,
      expected: missing.slice(0, 5).join(", "),
      got: `${weights.size} weights`,
    });
  }
  const graph = answerGraph(config, 1, (g) => nn.scope(g, { seed, weights }));
  const all = new Map([...graph.parameters].map(([name, { tensor }]) => [name, tensor!]));
  return { config, tokenizer, weights: all };
}
