import { type Graph, numbers, type Tensor, type Value } from "@retort/engine";
import { DataError } from "../../base/errors.ts";

/** Where the weights of one tower stand in a file, by the naming of whoever exported it. */
export interface Naming {
  /** A name that only this naming has. */
  mark: string;
  /** Ours -> theirs, outside the blocks. Matrices of linear layers are marked by a trailing "ᵀ" where a file holds [out,in]. */
  outside: Readonly<Record<string, string>>;
  /** Front of a block's names; {} is its number. */
  block: string;
  /** Ours -> theirs, inside a block. Three names: queries, keys and values, joined. */
  inside: Readonly<Record<string, string | readonly [string, string, string]>>;
}

/** Matrices of linear layers: ours are [in, out]. */
const MATRIX = /(^|\.)(attn\.qkv|attn\.proj|mlp\.fc1|mlp\.fc2|projection)\.weight$/;

/** Reads towers from a graph that a hub's exporter wrote. */
export class HubWeights {
  readonly #graph: Graph;
  readonly #naming: Naming;
  readonly #where: string;

  /** @throws DataError when none of the namings fits. */
  constructor(graph: Graph, namings: readonly Naming[], where: string) {
    const naming = namings.find(({ mark }) => graph.parameters.has(mark));
    if (!naming) {
      throw new DataError({
        code: "DATA_NOT_A_CLIP",
        message: "The weights of this ONNX file have no known names",
        expected: `a weight called ${namings.map(({ mark }) => mark).join(" or ")}`,
        got: [...graph.parameters.keys()].slice(0, 8).join(", "),
        where,
        fix: "Export the tower with its weights under their own names (do_constant_folding and renaming off).",
      });
    }
    this.#graph = graph;
    this.#naming = naming;
    this.#where = where;
  }

  /** Blocks that the file holds. */
  get numBlocks(): number {
    const [query] = [this.#naming.inside["ln1.weight"]].flat() as string[];
    let count = 0;
    while (this.#graph.parameters.has(`${this.#naming.block.replace("{}", String(count))}${query}`)) count++;
    return count;
  }

  /** All weights of the tower under our names, our way round. @throws DataError for one that is missing. */
  tensors(): Map<string, Tensor> {
    const { outside, inside, block } = this.#naming;
    const found = new Map(Object.entries(outside).map(([ours, theirs]) => [ours, this.#one(ours, theirs)]));
    for (let at = 0; at < this.numBlocks; at++) {
      const front = block.replace("{}", String(at));
      for (const [ours, theirs] of Object.entries(inside)) {
        const parts = [theirs].flat().map((name) => this.#one(ours, `${front}${name}`));
        found.set(`blocks.${at}.${ours}`, parts.length === 1 ? parts[0]! : joined(parts));
      }
    }
    return found;
  }

  /** A weight by the file's own name. */
  get(name: string): Tensor {
    const tensor = this.#graph.parameters.get(name)?.tensor;
    if (tensor) return tensor;
    throw new DataError({
      code: "DATA_MISSING_WEIGHT",
      message: "A weight of the tower is missing",
      expected: name,
      got: "no initializer of that name",
      where: this.#where,
    });
  }

  #one(ours: string, theirs: string): Tensor {
    const tensor = this.get(theirs);
    if (!MATRIX.test(ours)) return tensor;
    return this.#isTransposed(this.#graph.parameters.get(theirs)!) ? transposed(tensor) : tensor;
  }

  /** Is a matrix stored [out, in]? Its user tells: a product takes it as [in, out] unless it transposes first. */
  #isTransposed(matrix: Value): boolean {
    for (const { op, inputs, attributes } of this.#graph.nodes) {
      const at = inputs.indexOf(matrix);
      if (at < 0) continue;
      if (op === "MatMul") return at === 0;
      if (op === "Gemm") return (at === 1) === (attributes.transB === 1);
      if (op === "Transpose") return true;
    }
    throw new DataError({
      code: "DATA_UNUSED_WEIGHT",
      message: "It cannot be told which way round a matrix is stored, since nothing multiplies by it",
      expected: "a MatMul, Gemm or Transpose",
      got: "none",
      where: `${this.#where}: ${matrix.name}`,
    });
  }
}

function transposed({ dtype, shape, data }: Tensor): Tensor {
  const [rows, columns] = shape as [number, number];
  const turned = new Float32Array(rows * columns);
  const values = floats({ dtype, shape, data });
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) turned[column * rows + row] = values[row * columns + column]!;
  }
  return { dtype: "float32", shape: [columns, rows], data: turned };
}

/** Queries, keys and values side by side: matrices [in, out] by columns, biases one behind the other. */
function joined(parts: readonly Tensor[]): Tensor {
  const width = parts[0]!.shape.at(-1)!;
  const rows = parts[0]!.shape.length === 2 ? parts[0]!.shape[0]! : 1;
  const data = new Float32Array(parts.length * rows * width);
  for (const [at, part] of parts.entries()) {
    const values = floats(part);
    for (let row = 0; row < rows; row++) {
      data.set(values.subarray(row * width, (row + 1) * width), (row * parts.length + at) * width);
    }
  }
  const shape = parts[0]!.shape.length === 2 ? [rows, parts.length * width] : [parts.length * width];
  return { dtype: "float32", shape, data };
}

/** As numbers() gives them, without a list of four million of them for each matrix of a large tower. */
const floats = (tensor: Tensor): Float32Array =>
  tensor.data instanceof Float32Array ? tensor.data : Float32Array.from(numbers(tensor));
