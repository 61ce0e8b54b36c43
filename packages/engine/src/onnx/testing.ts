/** Models for the tests of this folder, written out as protobuf. */
import type { Tensor, TensorType } from "../graph/tensor.ts";
import { castCodes } from "../ops/functions.ts";
import {
  type AttributeProto,
  attributeType,
  encodeModel,
  type FunctionProto,
  type NodeProto,
  type TensorProto,
} from "./proto.ts";
import { tensorToProto } from "./tensor-proto.ts";

type Attribute = number | readonly number[] | string | Tensor;

export interface ModelText {
  /** A dimension that is a string is dynamic. */
  inputs?: Record<string, { dtype: TensorType["dtype"]; shape: readonly (number | string)[] }>;
  weights?: Record<string, Tensor> | TensorProto[];
  nodes: readonly NodeProto[];
  outputs: readonly string[];
  opset?: number;
  producer?: string;
  functions?: FunctionProto[];
}

/** The bytes of a model; output types are left open, as some exporters do. */
export function modelBytes({
  inputs = {},
  weights = {},
  nodes,
  outputs,
  opset = 17,
  producer = "test",
  functions = [],
}: ModelText): Uint8Array {
  return encodeModel({
    irVersion: 8,
    producerName: producer,
    opsetImport: [{ domain: "", version: opset }],
    functions,
    graph: {
      name: "test",
      node: [...nodes],
      initializer: Array.isArray(weights)
        ? weights
        : Object.entries(weights).map(([name, held]) => tensorToProto(name, held)),
      input: Object.entries(inputs).map(([name, { dtype, shape }]) => {
        const dim = shape.map((size) => (typeof size === "string" ? { dimParam: size } : { dimValue: size }));
        return { name, type: { tensorType: { elemType: castCodes[dtype], shape: { dim } } } };
      }),
      output: outputs.map((name) => ({ name, type: { tensorType: { elemType: 1 } } })),
    },
  });
}

/** "a,b" inputs and outputs; numbers are ONNX ints, texts strings. */
export function node(
  opType: string,
  inputs: string,
  outputs: string,
  attributes: Record<string, Attribute> = {},
): NodeProto {
  const attribute = Object.entries(attributes).map(([name, held]): AttributeProto => {
    if (typeof held === "number") return { name, type: attributeType.int, i: held };
    if (typeof held === "string") return { name, type: attributeType.string, s: new TextEncoder().encode(held) };
    if ("data" in held) return { name, type: attributeType.tensor, t: tensorToProto("", held) };
    return { name, type: attributeType.ints, ints: [...held] };
  });
  return { opType, name: `${opType} of ${outputs}`, input: inputs.split(","), output: outputs.split(","), attribute };
}
