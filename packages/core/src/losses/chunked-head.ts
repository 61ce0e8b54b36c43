import { filled, grad, op, type Value, withGradient } from "@retort/engine";
import { hasShape } from "./agreement.ts";
import { chunkLoop } from "./chunk-loop.ts";

export type NamedValues = Readonly<Record<string, Value>>;

/** [D,V], or [V,D] as a tied embedding holds it. */
export type HeadLayout = "in-out" | "out-in";

export interface Chunk {
  /** [R,V]. */
  logits: Value;
  rows: NamedValues;
  shared: NamedValues;
}

export interface ChunkedHeadOptions {
  /** Hidden states [N,D]. */
  hidden: Value;
  /** Output layer without bias. */
  head: Value;
  headLayout?: HeadLayout | undefined;
  /** Tensors [N,...], cut into chunks along with the hidden states. Rows of zeros must add nothing to the result. */
  rows: NamedValues;
  /** Tensors that every chunk uses whole. */
  shared: NamedValues;
  /** Rows of logits that exist at once. */
  chunkRows: number;
  /** Does the head learn? Default: unless it is a constant or a frozen parameter. */
  trainHead?: boolean | undefined;
  /** A chunk's share of the result; the shares are added up. Reads values through its argument only, and twice. */
  share: (chunk: Chunk) => Value;
}

/**
 * A sum over rows of losses of hidden · head, of which no more than `chunkRows` rows of logits exist at a time: a Loop makes
 * a chunk, adds its share and forgets it. The backward pass makes each chunk again, differentiates it inside its Loop and
 * keeps what has the size of the hidden states and of the head.
 * @throws ShapeError when hidden states, head and rows do not fit
 */
export function chunkedHead(options: ChunkedHeadOptions): Value {
  const { hidden, head, headLayout = "in-out", rows, shared, share } = options;
  checkShapes(hidden, head, { headLayout, rows });
  const numRows = hidden.shape[0]!;
  const chunkRows = Math.min(options.chunkRows, numRows);
  const numChunks = Math.ceil(numRows / chunkRows);
  const chunked = (x: Value): Value => {
    const pads = x.shape.flatMap(() => [0, 0]);
    pads[x.shape.length] = numChunks * chunkRows - numRows;
    return op.reshape(op.pad(x, { pads }), [numChunks, chunkRows, ...x.shape.slice(1)]);
  };
  const material = { hidden: chunked(hidden), head, rows: mapped(rows, chunked), shared };
  const sweep: Sweep = { numChunks, headLayout, share };
  const trainHead = options.trainHead ?? !(head.kind === "constant" || (head.kind === "parameter" && !head.trainable));
  const names = { rows: Object.keys(rows), shared: Object.keys(shared) };
  return withGradient(sumOfShares(material, sweep), {
    inputs: [material.hidden, head],
    saved: [...Object.values(material.rows), ...Object.values(shared)],
    rule: ({ dy, inputs: [hiddenChunks, weights], saved }) => {
      const again = {
        hidden: hiddenChunks!,
        head: weights!,
        rows: named(names.rows, saved),
        shared: named(names.shared, saved.slice(names.rows.length)),
      };
      // One Loop makes both gradients: it is laid when the first is asked for.
      let made: Gradients | undefined;
      const gradients = (): Gradients => {
        made ??= gradientsOfShares(again, { ...sweep, dy, trainHead });
        return made;
      };
      return [() => gradients().hidden, trainHead ? () => gradients().head! : null];
    },
  });
}

interface Material {
  /** [C,R,D]. */
  hidden: Value;
  head: Value;
  /** [C,R,...]. */
  rows: NamedValues;
  shared: NamedValues;
}

interface Sweep {
  numChunks: number;
  headLayout: HeadLayout;
  share: ChunkedHeadOptions["share"];
}

interface Gradients {
  /** [C,R,D]. */
  hidden: Value;
  /** null: the head does not learn. */
  head: Value | null;
}

function sumOfShares(material: Material, sweep: Sweep): Value {
  const { graph } = material.hidden;
  const [sum] = chunkLoop(graph, sweep.numChunks, ({ index, carry }) => {
    const { share } = chunkAt(material, sweep, index);
    const total = carry(graph.constant(filled(share.dtype, share.shape, 0)));
    return { carried: [{ ...total, next: op.add(total.held, share) }], scanned: [] };
  });
  return sum!;
}

function gradientsOfShares(material: Material, sweep: Sweep & { dy: Value; trainHead: boolean }): Gradients {
  const { head } = material;
  const outIn = sweep.headLayout === "out-in";
  const results = chunkLoop(head.graph, sweep.numChunks, ({ index, carry }) => {
    const { hidden, logits, share } = chunkAt(material, sweep, index);
    const [dLogits] = grad(share, [logits], { seed: sweep.dy }) as [Value];
    const dHidden = op.gemm(dLogits, head, { transB: !outIn });
    if (!sweep.trainHead) return { carried: [], scanned: [dHidden] };
    const sum = carry(head.graph.zeros(head));
    const [left, right] = outIn ? [dLogits, hidden] : [hidden, dLogits];
    return { carried: [{ ...sum, next: op.gemm(left, right, { transA: true, c: sum.held }) }], scanned: [dHidden] };
  });
  return { hidden: results.at(-1)!, head: sweep.trainHead ? results[0]! : null };
}

function chunkAt({ hidden: all, head, rows, shared }: Material, { headLayout, share }: Sweep, index: Value) {
  const hidden = op.gather(all, index);
  const logits = op.gemm(hidden, head, { transB: headLayout === "out-in" });
  return { hidden, logits, share: share({ logits, rows: mapped(rows, (x) => op.gather(x, index)), shared }) };
}

function checkShapes(hidden: Value, head: Value, at: { headLayout: HeadLayout; rows: NamedValues }): void {
  const beside = ["hidden", hidden] as const;
  hasShape(beside, { shape: [null, null] }, "chunked-head");
  const [numRows, width] = hidden.shape as [number, number];
  const shape = at.headLayout === "in-out" ? [width, null] : [null, width];
  hasShape(["head", head], { shape, dtype: hidden.dtype, beside }, "chunked-head");
  for (const [name, value] of Object.entries(at.rows)) {
    hasShape([name, value], { shape: [numRows, ...value.shape.slice(1)], beside }, "chunked-head");
  }
}

function mapped(values: NamedValues, change: (value: Value) => Value): NamedValues {
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [name, change(value)]));
}

function named(names: readonly string[], values: readonly Value[]): NamedValues {
  return Object.fromEntries(names.map((name, i) => [name, values[i]!]));
}
