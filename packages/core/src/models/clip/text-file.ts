import { type Graph, graph, nn, type Tensor } from "@retort/engine";
import { z } from "zod";
import { tokenizerFromJSON } from "../../data/tokenizers/index.ts";
import type { Tokenizer } from "../../data/tokenizers/tokenizer.ts";
import { type DescribedFile, readDescribed, writeDescribed } from "./described-file.ts";
import { embedTokens, type TextTowerConfig, textTower, textTowerConfig } from "./text-tower.ts";

/** A text tower with its weights and the tokenizer that it was trained with. */
export interface TextTower {
  config: TextTowerConfig;
  tokenizer: Tokenizer;
  /** Parameters by name, without prefix. */
  weights: ReadonlyMap<string, Tensor>;
}

const description = z.strictObject({ config: textTowerConfig, tokenizer: z.unknown() });

const textFile: DescribedFile<typeof description> = {
  key: "retort.text-tower",
  what: "a text tower",
  fix: "Use the text artifact of a clip-pretrain or clip-import stage.",
  description,
};

/** Random weights that the seed decides. */
export function randomText(config: TextTowerConfig, tokenizer: Tokenizer, seed: number): TextTower {
  const built = textGraph(config, { seed });
  return { config, tokenizer, weights: new Map([...built.parameters].map(([name, { tensor }]) => [name, tensor!])) };
}

/** One self-describing ONNX file, tokens and the end token's place -> embedding. */
export function writeText({ config, tokenizer, weights }: TextTower): Uint8Array {
  return writeDescribed(textFile, {
    description: { config, tokenizer: tokenizer.toJSON() },
    weights,
    graph: textGraph(config, { weights }),
  });
}

/** @throws DataError when the file is an ONNX model of another origin; ModelError when it is no ONNX model. */
export function readText(bytes: Uint8Array, where: string): TextTower {
  const { description: found, weights } = readDescribed(textFile, bytes, where);
  return { config: found.config, tokenizer: tokenizerFromJSON(found.tokenizer), weights };
}

/** One text of full length: `tokens` int64 [1,T], `end` int64 [1]. */
function textGraph(config: TextTowerConfig, given: { seed: number } | { weights: ReadonlyMap<string, Tensor> }): Graph {
  const g = graph("text-tower");
  const p = nn.scope(g, given);
  const tokens = g.input("tokens", { dtype: "int64", shape: [1, config.numPositions] });
  const end = g.input("end", { dtype: "int64", shape: [1] });
  g.output("embedding", textTower(p, { x: embedTokens(p, tokens, config), end }, config));
  return g;
}
