/** The two Loop nodes of a training step, and what carries tensors into and out of them. */
import type { Tensor, TensorType } from "../graph/tensor.ts";
import { tensor } from "../graph/tensor.ts";
import { valueInfo } from "../onnx/export.ts";
import {
  type AttributeProto,
  attributeType,
  type GraphProto,
  type NodeProto,
  type TensorProto,
  type ValueInfoProto,
} from "../onnx/proto.ts";
import { dtypeCode, tensorToProto } from "../onnx/tensor-proto.ts";

export interface Part {
  nodes: NodeProto[];
  initializers: TensorProto[];
}

const float: TensorType = { dtype: "float32", shape: [] };
const index: TensorType = { dtype: "int64", shape: [] };
const flag: TensorType = { dtype: "bool", shape: [] };

export function join(...parts: Partial<Part>[]): Part {
  return {
    nodes: parts.flatMap(({ nodes = [] }) => nodes),
    initializers: parts.flatMap(({ initializers = [] }) => initializers),
  };
}

/** Type of a tensor with a leading axis whose length the run decides. */
export function batchedInfo(name: string, { dtype, shape }: TensorType): ValueInfoProto {
  const dim = [{ dimParam: "n" }, ...shape.map((dimValue) => ({ dimValue }))];
  return { name, type: { tensorType: { elemType: dtypeCode(dtype), shape: { dim } } } };
}

/** One entry of the leading axis of every named tensor. */
export function slices(names: readonly string[], { index: at, mark }: { index: string; mark: string }): NodeProto[] {
  return names.map((name) => node("Gather", [name, at], [mark + name]));
}

export interface StepShell {
  name: string;
  inputs: ValueInfoProto[];
  state: ReadonlyMap<string, Tensor>;
  scalars: readonly string[];
  results: readonly string[];
}

/** A model that runs the step "steps" times: state goes round, results are collected along a leading axis. */
export function stepLoop(step: Part, { name, inputs, state, scalars, results }: StepShell): GraphProto {
  const info = (prefix: string) => [...state].map(([key, type]) => valueInfo(prefix + key, type));
  const outputs = [...info("next/"), ...results.map((result) => batchedInfo(result, float))];
  const body: GraphProto = {
    name: "step",
    input: [valueInfo("step:index", index), valueInfo("step:go", flag), ...info("step:state/")],
    output: [
      valueInfo("step:goOn", flag),
      ...info("step:next/"),
      ...results.map((result) => valueInfo(`step:${result}`, float)),
    ],
    initializer: step.initializers,
    node: [
      node("Identity", ["step:go"], ["step:goOn"]),
      ...slices(scalars, { index: "step:index", mark: "step:" }),
      ...step.nodes,
    ],
  };
  return {
    name,
    input: [...inputs, ...scalars.map((key) => batchedInfo(key, float)), valueInfo("steps", index), ...info("state/")],
    output: outputs,
    initializer: [],
    node: [
      loop(
        body,
        ["steps", "", ...info("state/").map((value) => value.name)],
        outputs.map((value) => value.name),
      ),
    ],
  };
}

export interface AccumulationOptions {
  /** Forward and backward pass of a micro-batch, its tensors marked "micro:". */
  part: Part;
  inputs: readonly { name: string }[];
  results: readonly string[];
  gradients: readonly (TensorType & { name: string })[];
  accumulate: number;
  /** Name of the step's index, if the step is itself in a Loop. */
  step: string | undefined;
}

/** Adds up the gradients of the step's micro-batches and averages their results. */
export function accumulationLoop(options: AccumulationOptions): Part {
  const { part, inputs, results, gradients, accumulate, step } = options;
  const constants = [integers("accumulate", [], [accumulate]), integers("accumulate/axes", [1], [0])];
  const zeros = gradients.map(({ name, shape }) => ({
    shape: integers(`${name}/shape`, [shape.length], shape),
    node: node("ConstantOfShape", [`${name}/shape`], [`${name}/zero`]),
  }));
  const first = step === undefined ? [] : [node("Mul", [step, "accumulate"], ["micro:first"])];
  const at = step === undefined ? "micro:index" : "micro:position";
  const body: GraphProto = {
    name: "micro",
    input: [
      valueInfo("micro:index", index),
      valueInfo("micro:go", flag),
      ...gradients.map((g) => valueInfo(`micro:sum/${g.name}`, g)),
    ],
    output: [
      valueInfo("micro:goOn", flag),
      ...gradients.map((g) => valueInfo(`micro:next/${g.name}`, g)),
      ...results.map((name) => valueInfo(`micro:${name}`, float)),
    ],
    initializer: part.initializers,
    node: [
      node("Identity", ["micro:go"], ["micro:goOn"]),
      ...(step === undefined ? [] : [node("Add", ["micro:first", "micro:index"], [at])]),
      ...slices(
        inputs.map(({ name }) => name),
        { index: at, mark: "micro:" },
      ),
      ...part.nodes,
      ...gradients.map(({ name }) => node("Add", [`micro:sum/${name}`, `micro:${name}`], [`micro:next/${name}`])),
    ],
  };
  const mark = step === undefined ? "" : "step:";
  return {
    initializers: [...constants, ...zeros.map(({ shape }) => shape)],
    nodes: [
      ...first,
      ...zeros.map((zero) => zero.node),
      loop(
        body,
        ["accumulate", "", ...gradients.map(({ name }) => `${name}/zero`)],
        [...gradients.map(({ name }) => name), ...results.map((name) => `all/${name}`)],
      ),
      ...results.map((name) =>
        node(
          "ReduceMean",
          [`all/${name}`, "accumulate/axes"],
          [mark + name],
          [{ name: "keepdims", type: attributeType.int, i: 0 }],
        ),
      ),
    ],
  };
}

function loop(body: GraphProto, input: string[], output: string[]): NodeProto {
  return node("Loop", input, output, [{ name: "body", type: attributeType.graph, g: body }]);
}

function node(opType: string, input: string[], output: string[], attribute: AttributeProto[] = []): NodeProto {
  return { opType, name: `${opType} ${output[0]}`, input, output, attribute };
}

function integers(name: string, shape: readonly number[], data: readonly number[]): TensorProto {
  return tensorToProto(name, tensor("int64", shape, data));
}
