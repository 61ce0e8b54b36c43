import { filled, grad, op, type Value, withGradient } from "@retort/engine";
import { roundLoop } from "../base/round-loop.ts";
import { hasShape } from "./agreement.ts";

export type NamedValues = Readonly<Record<string, Value>>;

/** [D,V], or [V,D] as a tied embedding holds it. */
export type HeadLayout = "in-out" | "out-in";

export interface Chunk {
  /** [R,V]. */
  logits: Value;
  rows: NamedValues;
  shared: NamedValues;
}

/** What a chunk adds: its part of the loss, and of numbers that are reported beside it and carry no gradient. */
export interface Share {
  loss: Value;
  reports: readonly Value[];
}

export interface ChunkedHeadOptions {
  /** Hidden states [N,D]. */
  hidden: Value;
  /** Output layer without bias. */
  head: Value;
  headLayout?: HeadLayout | undefined;
  /** Tensors [N,...], cut into chunks along with the hidden states. Rows of zeros must add nothing to the loss. */
  rows: NamedValues;
  /** Tensors that every chunk uses whole. */
  shared: NamedValues;
  /** Rows of logits that exist at once. */
  chunkRows: number;
  /** Does the head learn? Default: unless it is a constant or a frozen parameter. */
  trainHead?: boolean | undefined;
  /** false: the loss is only looked at. Default true. */
  differentiable?: boolean | undefined;
  share: (chunk: Chunk) => Share;
}

/**
 * A sum over rows of losses of hidden · head, of which no more than `chunkRows` rows of logits exist at a time: a Loop makes
 * a chunk, differentiates it on the spot and forgets it. As the loss is one number, its gradients by hidden states and head
 * are ready with it and need only be scaled in the backward pass: nothing is computed twice.
 * @throws ShapeError when hidden states, head and rows do not fit
 */
export function chunkedHead(options: ChunkedHeadOptions): Share {
  const { hidden, head, headLayout = "in-out", rows, shared, share, differentiable = true } = options;
  checkShapes(hidden, head, { headLayout, rows });
  const { graph } = hidden;
  const numRows = hidden.shape[0]!;
  const chunkRows = Math.min(options.chunkRows, numRows);
  const numChunks = Math.ceil(numRows / chunkRows);
  const chunked = (x: Value): Value => {
    const pads = x.shape.flatMap(() => [0, 0]);
    pads[x.shape.length] = numChunks * chunkRows - numRows;
    return op.reshape(op.pad(x, { pads }), [numChunks, chunkRows, ...x.shape.slice(1)]);
  };
  const hiddenChunks = chunked(hidden); // [C,R,D]
  const rowChunks = Object.entries(rows).map(([name, value]) => [name, chunked(value)] as const);
  const trainHead = options.trainHead ?? !(head.kind === "constant" || (head.kind === "parameter" && !head.trainable));
  let numReports = 0;
  const results = roundLoop(graph, numChunks, ({ index, carry }) => {
    const states = op.gather(hiddenChunks, index);
    const logits = op.gemm(states, head, { transB: headLayout === "out-in" });
    const own = Object.fromEntries(rowChunks.map(([name, value]) => [name, op.gather(value, index)]));
    const { loss, reports } = share({ logits, rows: own, shared });
    numReports = reports.length;
    const sums = [loss, ...reports].map((part) => {
      const sum = carry(graph.constant(filled(part.dtype, part.shape, 0)));
      return { ...sum, next: op.add(sum.held, part) };
    });
    if (!differentiable) return { carried: sums, scanned: [] };
    const dLogits = grad(loss, [logits])[0]!;
    const dStates = op.gemm(dLogits, head, { transB: headLayout === "in-out" });
    if (!trainHead) return { carried: sums, scanned: [dStates] };
    const [left, right] = headLayout === "in-out" ? [states, dLogits] : [dLogits, states];
    const dHead = carry(graph.zeros(head));
    const next = op.gemm(left, right, { transA: true, c: dHead.held });
    return { carried: [...sums, { ...dHead, next }], scanned: [dStates] };
  });
  const [loss, ...reports] = results.slice(0, 1 + numReports) as [Value, ...Value[]];
  if (differentiable) {
    withGradient(loss, {
      inputs: trainHead ? [head, hiddenChunks] : [hiddenChunks],
      saved: results.slice(1 + numReports),
      rule: ({ dy, saved }) => saved.map((gradient) => () => op.mul(gradient, dy)),
    });
  }
  return { loss, reports: reports.map(op.stopGradient) };
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
