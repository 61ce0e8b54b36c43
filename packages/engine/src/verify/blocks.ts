import { graph as emptyGraph } from "../graph/builder.ts";
import type { Graph, Value } from "../graph/graph.ts";
import { numbers, type Shape, type Tensor, tensor } from "../graph/tensor.ts";
import * as nn from "../nn/index.ts";
import { op } from "../ops/functions.ts";
import { tensorsOf, type Verifier, type VerifierTable } from "./case.ts";
import { runCase } from "./differentiate.ts";

/** What a block is built from: the case's data as graph inputs, its weights in a scope. */
interface BlockCase {
  graph: Graph;
  p: nn.Scope;
  params: Readonly<Record<string, unknown>>;
  data(name: string): Value;
  /** Shape of an input of the case; undefined when the case has no such input. */
  shape(name: string): Shape | undefined;
}

const rows = ({ shape }: BlockCase, name: string): number => shape(`${name}.weight`)?.[0] as number;
const epsilon = ({ params }: BlockCase): number => Number(params.eps);
const activation = ({ params }: BlockCase) => params.activation as nn.ActivationName;

/** Cases "block.<name>": a module of nn with given weights. */
export const blockVerifiers: VerifierTable = {
  "block.preln": verifier(["x"], (at) =>
    nn.block.preln(at.p, at.data("x"), {
      heads: Number(at.params.heads),
      hidden: rows(at, "mlp.fc1"),
      activation: activation(at),
      causal: at.params.causal === true,
      epsilon: epsilon(at),
    }),
  ),
  "block.sdpa": verifier(["q", "k", "v"], ({ params, data }) =>
    nn.sdpa(data("q"), data("k"), data("v"), { causal: params.causal === true }),
  ),
  "block.clip_text": verifier(["token_ids"], clipText),
  "block.vit_embed": verifier(["image"], ({ p, params, data, shape }) =>
    nn.vitEmbed(p, data("image"), {
      patch: Number(params.patch),
      dim: shape("position_embedding")?.[1] as number,
      bias: shape("patch.bias") !== undefined,
      classToken: shape("class_embedding") !== undefined,
    }),
  ),
  "block.llama": verifier(["x"], (at) =>
    nn.block.llama(at.p, at.data("x"), {
      heads: Number(at.params.heads),
      kvHeads: Number(at.params.kv_heads),
      hidden: rows(at, "gate_proj"),
      ropeBase: Number(at.params.rope_base),
      qkvBias: at.params.qkv_bias === true,
      epsilon: epsilon(at),
    }),
  ),
  "block.rope": verifier(["x"], ({ graph, params, data }) => {
    const x = data("x");
    const positions = Array.from({ length: x.shape[2] as number }, (_, t) => t + Number(params.offset));
    return nn.rotary(x, { positions: graph.constant(positions, "int64"), base: Number(params.base) });
  }),
  "block.rmsnorm": verifier(["x"], (at) => nn.rmsNorm(at.p, at.data("x"), { epsilon: epsilon(at) })),
  "block.projector": verifier(["x"], (at) =>
    nn.mlp(at.p, at.data("x"), { hidden: rows(at, "fc1"), out: rows(at, "fc2"), activation: activation(at) }),
  ),
};

/** The text tower of CLIP: the row at the end-of-text token (the largest id), projected. */
function clipText(at: BlockCase): Value {
  const { p, params, data, shape } = at;
  const ids = data("token_ids");
  const length = ids.shape[1] as number;
  const [count, dim] = shape("token_embedding.weight") as [number, number];
  const positions = p.parameter("positional_embedding", shape("positional_embedding") as Shape, nn.init.zeros);
  let x = nn.embedding(p.at("token_embedding"), ids, { count, dim });
  x = op.add(x, op.slice(positions, { starts: [0], ends: [length] }));
  for (let layer = 0; layer < Number(params.layers); layer++) {
    x = nn.block.preln(p.at(`blocks.${layer}`), x, {
      heads: Number(params.heads),
      hidden: rows(at, `blocks.${layer}.mlp.fc1`),
      activation: "quick_gelu",
      causal: true,
      epsilon: epsilon(at),
    });
  }
  x = nn.layerNorm(p.at("ln_final"), x, { epsilon: epsilon(at) });
  const end = op.unsqueeze(op.argMax(ids, { axis: 1 }), [1]); // [B,1]
  const pooled = op.gatherND(x, end, { batch_dims: 1 });
  const projection = p.parameter("text_projection", shape("text_projection") as Shape, nn.init.zeros);
  const y = op.matMul(pooled, projection);
  return params.normalize === true ? nn.normalize(y) : y;
}

/** Weights of linear layers: the cases hold them [out, in], nn [in, out]. */
const linearWeight = /(?:^|\.)(?:qkv|proj|fc1|fc2|\w+_proj)\.weight$/;

function verifier(dataNames: readonly string[], build: (at: BlockCase) => Value): Verifier {
  return async (testCase, { provider }) => {
    const given = tensorsOf(testCase.inputs);
    const graph = emptyGraph(testCase.name);
    const data = new Map(dataNames.map((name) => [name, graph.input(name, given[name] as Tensor)]));
    const weights = new Map(
      Object.entries(given).map(([name, held]) => [name, linearWeight.test(name) ? transposed(held) : held]),
    );
    const y = build({
      graph,
      p: nn.scope(graph, { weights }),
      params: testCase.params,
      data: (name) => data.get(name) as Value,
      shape: (name) => given[name]?.shape,
    });
    const wrt = Object.fromEntries([...data, ...graph.parameters]);
    const outputs = await runCase({ graph, outputs: { y }, wrt }, testCase, provider);
    return Object.fromEntries(
      Object.entries(outputs).map(([name, held]) => [name, linearWeight.test(name) ? transposed(held) : held]),
    );
  };
}

function transposed(matrix: Tensor): Tensor {
  const [rowCount, columnCount] = matrix.shape as [number, number];
  const values = numbers(matrix);
  const turned = values.map((_, i) => values[(i % rowCount) * columnCount + Math.floor(i / rowCount)] as number);
  return tensor(matrix.dtype, [columnCount, rowCount], turned);
}
