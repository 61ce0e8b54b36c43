import { constantOf, type Value } from "../graph/graph.ts";
import { type DType, filled, isFloat, numbers, sizeOf, tensor } from "../graph/tensor.ts";
import { defineOp, float, floats, int, ints, strings, tensorAttribute } from "./definition.ts";
import { castCodes, op } from "./functions.ts";
import { type AnyCall, allConstant, constantNumbers, demand, foldElementwise } from "./inference.ts";

const dtypeOfCode = new Map(Object.entries(castCodes).map(([dtype, code]) => [code, dtype as DType]));

/** Longer ranges are left to the runtime. */
const maxFoldedRange = 1 << 20;

export const creation = {
  Cast: defineOp("Cast", {
    inputs: ["input"],
    outputs: ["output"],
    attributes: { to: int(1), saturate: int(1) },
    infer: (call) => {
      const dtype = dtypeOfCode.get(call.attributes.to);
      demand(dtype !== undefined, call, `a supported data type, not code ${call.attributes.to}`);
      return [{ dtype, shape: call.inputs.input.shape }];
    },
    fold: ({ inputs: { input }, attributes: { to } }) => {
      const dtype = dtypeOfCode.get(to) as DType;
      const integer = !isFloat(dtype) && dtype !== "bool";
      return foldElementwise([input], { dtype, shape: input.shape }, integer ? Math.trunc : (x) => x);
    },
    gradient: ({ inputs: { input }, outputs: { output }, dy }) => ({
      input: isFloat(input.dtype) && isFloat(output.dtype) ? () => op.cast(dy, input.dtype) : null,
    }),
  }),
  CastLike: defineOp("CastLike", {
    inputs: ["input", "target_type"],
    outputs: ["output"],
    attributes: { saturate: int(1) },
    infer: ({ inputs: { input, target_type } }) => [{ dtype: target_type.dtype, shape: input.shape }],
    fold: ({ inputs: { input, target_type } }) => {
      const integer = !isFloat(target_type.dtype) && target_type.dtype !== "bool";
      return foldElementwise(
        [input],
        { dtype: target_type.dtype, shape: input.shape },
        integer ? Math.trunc : (x) => x,
      );
    },
    gradient: ({ inputs: { input }, outputs: { output }, dy }) => ({
      input: isFloat(output.dtype) ? () => op.cast(dy, input.dtype) : null,
      target_type: null,
    }),
  }),
  Shape: defineOp("Shape", {
    inputs: ["data"],
    outputs: ["shape"],
    attributes: { start: int(0), end: int() },
    infer: ({ inputs: { data }, attributes: { start, end } }) => [
      { dtype: "int64", shape: [data.shape.slice(start, end).length] },
    ],
    fold: ({ inputs: { data }, attributes: { start, end } }) => {
      const dims = data.shape.slice(start, end);
      return [tensor("int64", [dims.length], dims)];
    },
    gradient: "discrete",
  }),
  Size: defineOp("Size", {
    inputs: ["data"],
    outputs: ["size"],
    infer: () => [{ dtype: "int64", shape: [] }],
    fold: ({ inputs: { data } }) => [tensor("int64", [], [sizeOf(data.shape)])],
    gradient: "discrete",
  }),
  Constant: defineOp("Constant", {
    inputs: [],
    outputs: ["output"],
    attributes: {
      value: tensorAttribute(),
      value_float: float(),
      value_floats: floats(),
      value_int: int(),
      value_ints: ints(),
      value_strings: strings(),
    },
    infer: (call) => {
      const held = heldConstant(call.attributes);
      demand(held !== null, call, "a number or a tensor as value");
      return [held];
    },
    fold: ({ attributes }) => {
      const held = heldConstant(attributes);
      return held && [held];
    },
    gradient: "discrete",
  }),
  ConstantOfShape: defineOp("ConstantOfShape", {
    inputs: ["input"],
    outputs: ["output"],
    attributes: { value: tensorAttribute() },
    infer: (call) => [
      { dtype: call.attributes.value?.dtype ?? "float32", shape: constantNumbers(call, call.inputs.input, "shape") },
    ],
    fold: (call) => {
      const shape = constantOf(call.inputs.input) && constantNumbers(call, call.inputs.input, "shape");
      const value = call.attributes.value;
      return shape && [filled(value?.dtype ?? "float32", shape, value ? (numbers(value)[0] as number) : 0)];
    },
    gradient: "discrete",
  }),
  Range: defineOp("Range", {
    inputs: ["start", "limit", "delta"],
    outputs: ["output"],
    infer: (call) => [{ dtype: call.inputs.start.dtype, shape: [rangeOf(call, call.inputs).count] }],
    fold: (call) => {
      if (!allConstant(Object.values(call.inputs))) return null;
      const { first, step, count } = rangeOf(call, call.inputs);
      if (count > maxFoldedRange) return null;
      const values = Array.from({ length: count }, (_, i) => first + i * step);
      return [tensor(call.inputs.start.dtype, [count], values)];
    },
    gradient: "discrete",
  }),
  EyeLike: defineOp("EyeLike", {
    inputs: ["input"],
    outputs: ["output"],
    attributes: { dtype: int(), k: int(0) },
    infer: ({ inputs: { input }, attributes: { dtype } }) => [
      { dtype: dtypeOfCode.get(dtype ?? -1) ?? input.dtype, shape: input.shape },
    ],
    gradient: "discrete",
  }),
};

function heldConstant(attributes: {
  value?: ReturnType<typeof tensor> | undefined;
  value_float?: number | undefined;
  value_floats?: readonly number[] | undefined;
  value_int?: number | undefined;
  value_ints?: readonly number[] | undefined;
}) {
  const { value, value_float, value_floats, value_int, value_ints } = attributes;
  if (value) return value;
  if (value_float !== undefined) return tensor("float32", [], [value_float]);
  if (value_floats) return tensor("float32", [value_floats.length], value_floats);
  if (value_int !== undefined) return tensor("int64", [], [value_int]);
  return value_ints ? tensor("int64", [value_ints.length], value_ints) : null;
}

/** First number, step and count of a Range. */
function rangeOf(call: AnyCall, { start, limit, delta }: { start: Value; limit: Value; delta: Value }) {
  const bounds = [start, limit, delta].map((value) => constantNumbers(call, value, "bounds")[0] as number);
  const [first, end, step] = bounds as [number, number, number];
  const count = Math.max(0, Math.ceil((end - first) / step));
  demand(Number.isSafeInteger(count), call, "a step that reaches the limit");
  return { first, step, count };
}
