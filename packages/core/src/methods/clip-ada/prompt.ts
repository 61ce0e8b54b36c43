import { nn, op, type Tensor, type Value } from "@retort/engine";
import { SpecError } from "../../base/errors.ts";
import type { TextTower } from "../../models/clip/text-file.ts";
import { embedTokens, textTower } from "../../models/clip/text-tower.ts";
import type { PromptParams } from "./params.ts";

/** Unit vectors [E] that patches are compared with. */
export interface PromptPair {
  normal: Value;
  abnormal: Value;
}

const STATES = ["normal", "abnormal"] as const;

/**
 * The prompt pair through the text tower: start, learnt tokens, words, end; the embeddings of a state's prompts, each of unit
 * length, are averaged. Learnt are "<state>.context" [P,n,dim] and, with deep tokens, "<state>.deep.<block>" [P,m,dim].
 * Sources: CoOp (learnt context), AnomalyCLIP (a pair without category names, deep tokens); the paper says no more than
 * "learnable prompt".
 */
export function promptPair(
  { text, prompt }: { text: nn.Scope; prompt: nn.Scope },
  tower: Pick<TextTower, "config" | "tokenizer">,
  params: PromptParams,
): PromptPair {
  const [normal, abnormal] = STATES.map((state) =>
    stateEmbedding({ text, prompt: prompt.at(state) }, tower, params, state),
  );
  return { normal: normal!, abnormal: abnormal! };
}

function stateEmbedding(
  { text, prompt }: { text: nn.Scope; prompt: nn.Scope },
  { config, tokenizer }: Pick<TextTower, "config" | "tokenizer">,
  params: PromptParams,
  state: (typeof STATES)[number],
): Value {
  const { learned, numTokens, numPrompts: wanted, numDeepTokens, deepBlocks, initStd } = params;
  const g = text.graph;
  const numPrompts = learned ? wanted : 1;
  const stated = state === "normal" ? params.normalWords : params.abnormalWords;
  const words = tokenizer.encode(learned ? stated : `${params.fixedPrefix} ${stated}`);
  const { startIds, eosId } = tokenizer;
  const length = startIds.length + 1 + words.length + (learned ? numTokens : 0);
  if (length > config.numPositions) throw tooLong(length, config.numPositions);
  const embedded = (ids: readonly number[]): Value[] => {
    if (ids.length === 0) return [];
    const rows = embedTokens(text, g.constant(int64([1, ids.length], ids)), config);
    return [op.expand(rows, [numPrompts, ids.length, config.dim])];
  };
  const init = nn.init.normal(initStd);
  const context = learned ? [prompt.parameter("context", [numPrompts, numTokens, config.dim], init)] : [];
  const x = op.concat([...embedded(startIds), ...context, ...embedded([...words, eosId])], 1);
  const deep = new Map<number, Value>();
  if (learned && numDeepTokens > 0) {
    for (let block = 1; block <= Math.min(deepBlocks, config.layers - 1); block++) {
      deep.set(block, prompt.parameter(`deep.${block}`, [numPrompts, numDeepTokens, config.dim], init));
    }
  }
  const end = g.constant(int64([numPrompts], new Array<number>(numPrompts).fill(length - 1)));
  const each = nn.normalize(textTower(text, { x, end, deep: { at: startIds.length, tokens: deep } }, config)); // [P,E]
  return nn.normalize(op.reduceMean(each, { axes: [0] }));
}

function int64(shape: number[], values: readonly number[]): Tensor {
  return { dtype: "int64", shape, data: BigInt64Array.from(values, BigInt) };
}

function tooLong(got: number, expected: number): SpecError {
  return new SpecError({
    code: "PROMPT_TOO_LONG",
    message: "The prompt does not fit into the text tower",
    expected: `at most ${expected} tokens, start and end included`,
    got: `${got} tokens`,
    fix: "Lower prompt.numTokens or use fewer words.",
  });
}
