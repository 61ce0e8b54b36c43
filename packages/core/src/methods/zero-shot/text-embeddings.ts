// [node]
import { graph, nn, op, type Tensor } from "@retort/engine";
import { compile, type Provider } from "@retort/engine/node";
import { SpecError } from "../../base/errors.ts";
import type { TextTower } from "../../models/clip/text-file.ts";
import { embedTokens, textTower } from "../../models/clip/text-tower.ts";

/** Mean direction of the texts in the joint space, a unit vector [embedDim]. @throws SpecError for a text that is too long */
export async function meanDirection(
  { config, tokenizer, weights }: TextTower,
  texts: readonly string[],
  settings: { provider: Provider; threads: number },
): Promise<Tensor> {
  const rows = texts.map((text) => [...tokenizer.startIds, ...tokenizer.encode(text), tokenizer.eosId]);
  const length = Math.max(...rows.map((ids) => ids.length));
  if (length > config.numPositions) throw tooLong(length, config.numPositions);
  const g = graph("prompt ensemble");
  const p = nn.scope(g, { weights, trainable: false });
  // What stands behind the end token is hidden from it by the causal mask.
  const padded = rows.flatMap((ids) => [...ids, ...Array<number>(length - ids.length).fill(tokenizer.eosId)]);
  const int64 = (shape: number[], values: readonly number[]) =>
    g.constant({ dtype: "int64", shape, data: BigInt64Array.from(values, BigInt) });
  const end = int64(
    [rows.length],
    rows.map((ids) => ids.length - 1),
  );
  const embedded = embedTokens(p, int64([rows.length, length], padded), config);
  const each = nn.normalize(textTower(p, { x: embedded, end }, config));
  g.output("direction", nn.normalize(op.reduceMean(each, { axes: [0] })));
  const program = await compile(g, settings);
  try {
    return (await program.run({})).direction!;
  } finally {
    await program.dispose();
  }
}

function tooLong(got: number, expected: number): SpecError {
  return new SpecError({
    code: "PROMPT_TOO_LONG",
    message: "A prompt does not fit into the text tower",
    expected: `at most ${expected} tokens, start and end included`,
    got: `${got} tokens`,
    fix: "Use shorter templates.",
  });
}
