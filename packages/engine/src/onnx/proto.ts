/**
 * The part of onnx.proto that models use, read and written with protobufjs. Field numbers are those of
 * https://github.com/onnx/onnx/blob/main/onnx/onnx.proto; names are camel-cased.
 */
import protobuf from "protobufjs/light.js";
import { ModelError } from "../errors.ts";

/** protobufjs yields a Long for 64-bit fields where the package `long` is at hand, else a number. */
export type Int64 = number | { readonly low: number; readonly high: number };

export interface StringEntry {
  key: string;
  value: string;
}
export interface TensorProto {
  dims: Int64[];
  dataType: number;
  floatData?: number[];
  int32Data?: number[];
  int64Data?: Int64[];
  doubleData?: number[];
  uint64Data?: Int64[];
  stringData?: Uint8Array[];
  name?: string;
  rawData?: Uint8Array;
  externalData?: StringEntry[];
  dataLocation?: number;
}
export interface AttributeProto {
  name: string;
  type: number;
  f?: number;
  i?: Int64;
  s?: Uint8Array;
  t?: TensorProto;
  g?: GraphProto;
  floats?: number[];
  ints?: Int64[];
  strings?: Uint8Array[];
  tensors?: TensorProto[];
  graphs?: GraphProto[];
  /** In a function: the attribute of the call whose value this one takes. */
  refAttrName?: string;
}
export interface NodeProto {
  input: string[];
  output: string[];
  name?: string;
  opType: string;
  domain?: string;
  overload?: string;
  attribute: AttributeProto[];
}
export interface DimensionProto {
  dimValue?: Int64;
  dimParam?: string;
}
export interface ValueInfoProto {
  name: string;
  type?: { tensorType?: { elemType: number; shape?: { dim: DimensionProto[] } } };
}
export interface GraphProto {
  node: NodeProto[];
  name: string;
  initializer: TensorProto[];
  input: ValueInfoProto[];
  output: ValueInfoProto[];
  valueInfo?: ValueInfoProto[];
}
export interface ModelProto {
  irVersion: Int64;
  producerName?: string;
  producerVersion?: string;
  graph?: GraphProto;
  opsetImport: OperatorSetId[];
  metadataProps?: StringEntry[];
  functions?: FunctionProto[];
}
export interface OperatorSetId {
  domain?: string;
  version: Int64;
}
/** An operator that the model defines itself, by nodes. */
export interface FunctionProto {
  name: string;
  domain?: string;
  overload?: string;
  input: string[];
  output: string[];
  node: NodeProto[];
  opsetImport: OperatorSetId[];
  /** Default values of attributes that calls may leave out. */
  attributeProto?: AttributeProto[];
}

/** AttributeProto.AttributeType */
export const attributeType = {
  float: 1, int: 2, string: 3, tensor: 4, graph: 5, floats: 6, ints: 7, strings: 8, tensors: 9, graphs: 10,
} as const; // biome-ignore format: a table

/** One field: `name: "number type"`, `[]` marks repeated, `packed` as onnx.proto has it. */
const messages: Record<string, Record<string, string>> = {
  ModelProto: {
    irVersion: "1 int64", producerName: "2 string", producerVersion: "3 string", domain: "4 string", modelVersion: "5 int64",
    graph: "7 GraphProto", opsetImport: "8 OperatorSetIdProto[]", metadataProps: "14 StringStringEntryProto[]",
    functions: "25 FunctionProto[]",
  },
  FunctionProto: {
    name: "1 string", input: "4 string[]", output: "5 string[]", attribute: "6 string[]", node: "7 NodeProto[]",
    opsetImport: "9 OperatorSetIdProto[]", domain: "10 string", attributeProto: "11 AttributeProto[]", overload: "13 string",
  },
  OperatorSetIdProto: { domain: "1 string", version: "2 int64" },
  StringStringEntryProto: { key: "1 string", value: "2 string" },
  GraphProto: {
    node: "1 NodeProto[]", name: "2 string", initializer: "5 TensorProto[]", input: "11 ValueInfoProto[]",
    output: "12 ValueInfoProto[]", valueInfo: "13 ValueInfoProto[]",
  },
  NodeProto: {
    input: "1 string[]", output: "2 string[]", name: "3 string", opType: "4 string", attribute: "5 AttributeProto[]", domain: "7 string",
    overload: "8 string",
  },
  AttributeProto: {
    name: "1 string", f: "2 float", i: "3 int64", s: "4 bytes", t: "5 TensorProto", g: "6 GraphProto", floats: "7 float[]", ints: "8 int64[]",
    strings: "9 bytes[]", tensors: "10 TensorProto[]", graphs: "11 GraphProto[]", type: "20 int32", refAttrName: "21 string",
  },
  TensorProto: {
    dims: "1 int64[]", dataType: "2 int32", floatData: "4 float[] packed", int32Data: "5 int32[] packed", stringData: "6 bytes[]",
    int64Data: "7 int64[] packed", name: "8 string", rawData: "9 bytes", doubleData: "10 double[] packed", uint64Data: "11 uint64[] packed",
    externalData: "13 StringStringEntryProto[]", dataLocation: "14 int32",
  },
  ValueInfoProto: { name: "1 string", type: "2 TypeProto" },
  TypeProto: { tensorType: "1 TensorTypeProto" },
  TensorTypeProto: { elemType: "1 int32", shape: "2 TensorShapeProto" },
  TensorShapeProto: { dim: "1 DimensionProto[]" },
  DimensionProto: { dimValue: "1 int64", dimParam: "2 string" },
}; // biome-ignore format: a table

const root = protobuf.Root.fromJSON({
  nested: Object.fromEntries(
    Object.entries(messages).map(([message, fields]) => [
      message,
      { fields: Object.fromEntries(Object.entries(fields).map(([name, text]) => [name, field(text)])) },
    ]),
  ),
});

function field(text: string): protobuf.IField {
  const [id, type, packed] = text.split(" ");
  const repeated = type!.endsWith("[]");
  return {
    id: Number(id),
    type: repeated ? type!.slice(0, -2) : type!,
    ...(repeated ? { rule: "repeated" } : {}),
    options: { packed: packed !== undefined },
  } as protobuf.IField;
}

const modelType = root.lookupType("ModelProto");
const tensorType = root.lookupType("TensorProto");

/**
 * Decodes the bytes of an ONNX file.
 * @throws ModelError NOT_ONNX when the bytes are no ONNX model or are cut short
 */
export function decodeModel(bytes: Uint8Array): ModelProto {
  const model = decode<ModelProto>(modelType, bytes, "model");
  if (model.graph === undefined || model.graph === null || model.opsetImport.length === 0)
    throw notOnnx("model", "a model without graph or opset");
  return model;
}

/** Decodes a lone TensorProto, as the ONNX test data stores them. */
export function decodeTensor(bytes: Uint8Array): TensorProto {
  return decode<TensorProto>(tensorType, bytes, "tensor");
}

/** Most bytes that protobuf allows in one message; ONNX Runtime reads no more. */
export const largestModelBytes = 2 ** 31 - 1;

/** @throws ModelError MODEL_TOO_LARGE, before the bytes are written */
export function encodeModel(model: ModelProto): Uint8Array {
  const writer = modelType.encode(model as unknown as protobuf.Message);
  // The type lacks it; protobufjs counts as it goes along.
  const { len } = writer as unknown as { len: number };
  if (len > largestModelBytes) throw tooLarge(len, `graph "${model.graph?.name}"`, "Use fewer or smaller weights.");
  return plain(writer.finish());
}

export function tooLarge(numBytes: number, where: string, fix: string): ModelError {
  return new ModelError({
    code: "MODEL_TOO_LARGE",
    message: "a model of more bytes than one ONNX file holds",
    expected: `at most ${largestModelBytes} bytes`,
    got: `${numBytes} bytes`,
    where,
    fix,
  });
}

function decode<T>(type: protobuf.Type, bytes: Uint8Array, what: string): T {
  try {
    return type.decode(plain(bytes)) as unknown as T;
  } catch (cause) {
    throw notOnnx(what, cause instanceof Error ? cause.message : String(cause), cause);
  }
}

/** The same bytes, never as a Buffer of Node, whose slice() shares memory. */
function plain({ buffer, byteOffset, byteLength }: Uint8Array): Uint8Array {
  return new Uint8Array(buffer, byteOffset, byteLength);
}

function notOnnx(what: string, got: string, cause?: unknown): ModelError {
  return new ModelError({
    code: "NOT_ONNX",
    message: `these bytes are not an ONNX ${what}`,
    expected: `a complete ONNX ${what} (protobuf)`,
    got,
    fix: "Check that the file was copied completely and is an .onnx file.",
    cause,
  });
}

/** A 64-bit integer as a number; the extremes that exporters use for "to the end" saturate at 2^63. */
export function int64ToNumber(value: Int64): number {
  return typeof value === "number" ? value : value.high * 4294967296 + (value.low >>> 0);
}

export function int64ToBigInt(value: Int64): bigint {
  return typeof value === "number" ? BigInt(value) : (BigInt(value.high) << 32n) | BigInt(value.low >>> 0);
}
