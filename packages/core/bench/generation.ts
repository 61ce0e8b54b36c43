// npm run bench -- generation [--json]: greedy decoding with a key/value cache against reading everything again for each token.
import { compile } from "@retort/engine/node";
import { WordTokenizer } from "../src/data/tokenizers/word.ts";
import { assemble } from "../src/models/import/assemble.ts";
import { numImageTokens } from "../src/models/llava/config.ts";
import { prefillGraph } from "../src/models/llava/generate-graphs.ts";
import { Generator } from "../src/models/llava/generator.ts";
import type { LlavaModel } from "../src/models/llava/model-file.ts";
import { median } from "./figures/figure.ts";

const [batchSize, numPromptTokens, numNewTokens] = [8, 32, 32];
const [provider, threads] = ["cpu", 2] as const;

const tokenizer = WordTokenizer.fromTexts([Array.from({ length: 1000 }, (_, i) => `w${i}`).join(" ")]);
/** 4 blocks of width 256 behind 64 image tokens. */
const model = assemble({
  config: {
    imageSizePx: 64,
    vision: { patchSizePx: 8, stem: "linear", dim: 128, layers: 2, heads: 4, hidden: 256 },
    projector: { mergeSide: 1 },
    decoder: { dim: 256, layers: 4, heads: 8, kvHeads: 2, hidden: 704, ropeBase: 10_000, qkvBias: true },
    vocabularySize: tokenizer.vocabularySize,
  },
  tokenizer,
  weights: new Map(),
  random: ["vision", "projector", "decoder"],
  seed: 1,
});
// No answer ends early, so that both ways make the same number of tokens.
const endless: LlavaModel = {
  ...model,
  tokenizer: Object.assign(Object.create(tokenizer) as WordTokenizer, { eosId: -1 }),
};
const numImage = numImageTokens(model.config);
const prompts = Array.from({ length: batchSize }, (_, row) =>
  Array.from({ length: numPromptTokens }, (_, i) => 5 + ((row * 131 + i * 17) % 1000)),
);

const generator = await Generator.create(endless, {
  batchSize,
  imageBatchSize: batchSize,
  numPromptTokens,
  numNewTokens,
  provider,
  threads,
});
const images = await generator.encodeImages(
  Uint8Array.from({ length: batchSize * 64 * 64 * 3 }, (_, i) => (i * 7919) % 251),
);
const questions = prompts.map((tokens, imageIndex) => ({ imageIndex, tokens }));
const withCache = () => generator.answer(questions, images);

/** The whole sequence through one graph for every token. */
const numSlots = numPromptTokens + numNewTokens;
const whole = await compile(
  prefillGraph({ config: model.config, batchSize, numPromptTokens: numSlots, numNewTokens: 1 }),
  { weights: model.weights, provider, threads },
);
async function withoutCache(): Promise<number[][]> {
  const total = numImage + numSlots;
  const tokens = new BigInt64Array(batchSize * total);
  const featureIndex = new BigInt64Array(batchSize * total).fill(-1n);
  prompts.forEach((ids, row) => {
    for (let i = 0; i < numImage; i++) featureIndex[row * total + i] = BigInt(row * numImage + i);
    ids.forEach((id, i) => {
      tokens[row * total + numImage + i] = BigInt(id);
    });
  });
  const answers: number[][] = prompts.map(() => []);
  for (let step = 0; step < numNewTokens; step++) {
    const length = numImage + numPromptTokens + step;
    const { logits } = await whole.run(
      {
        features: {
          dtype: "float32",
          shape: [batchSize * numImage, model.config.decoder.dim],
          data: Float32Array.from(images.data),
        },
        tokens: { dtype: "int64", shape: [batchSize, total], data: tokens },
        feature_index: { dtype: "int64", shape: [batchSize, total], data: featureIndex },
        lengths: { dtype: "int64", shape: [batchSize], data: new BigInt64Array(batchSize).fill(BigInt(length)) },
      },
      { only: ["logits"] },
    );
    const width = model.config.vocabularySize;
    answers.forEach((answer, row) => {
      const own = (logits!.data as Float32Array).subarray(row * width, (row + 1) * width);
      const best = own.reduce((at, value, i) => (value > own[at]! ? i : at), 0);
      answer.push(best);
      tokens[row * total + length] = BigInt(best);
    });
  }
  return answers;
}

async function tokensPerSecond(run: () => Promise<number[][]>): Promise<number> {
  const before = performance.now();
  await run();
  return (1000 * batchSize * numNewTokens) / (performance.now() - before);
}

const [cached, plain] = [await withCache(), await withoutCache()];
if (JSON.stringify(cached) !== JSON.stringify(plain)) throw new Error("the two ways give different tokens");
const figures: { cached: number; plain: number }[] = [];
for (let round = 0; round < 5; round++) {
  figures.push({ cached: await tokensPerSecond(withCache), plain: await tokensPerSecond(withoutCache) });
}
await Promise.all([generator.dispose(), whole.dispose()]);
const report = {
  name: `generation/${numNewTokens} new tokens, batch ${batchSize}, ${threads} threads`,
  withCache: Math.round(median(figures.map((each) => each.cached))),
  withoutCache: Math.round(median(figures.map((each) => each.plain))),
  unit: "tokens/s",
  ratio: Number(median(figures.map((each) => each.cached / each.plain)).toFixed(2)),
  goal: 5,
};
console.log(
  process.argv.includes("--json")
    ? JSON.stringify(report)
    : `${report.name}: ${report.withCache} tokens/s with cache, ${report.withoutCache} without; ratio ${report.ratio}, goal ${report.goal}`,
);
