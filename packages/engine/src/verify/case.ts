import { ModelError } from "../errors.ts";
import { type DType, type Shape, type Tensor, tensor } from "../graph/tensor.ts";

/** A number as JSON can hold it: non-finite ones are strings. */
type JsonNumber = number | boolean | "NaN" | "Infinity" | "-Infinity";

interface JsonTensor {
  shape: Shape;
  dtype: DType;
  data: readonly JsonNumber[];
}

interface JsonValue {
  json: unknown;
}

export type Quantity = Tensor | JsonValue;

/** One reference case: what to compute, on which inputs, and what must come out within the tolerance. */
export interface VerifyCase {
  readonly name: string;
  /** What to compute, "onnx.Softmax": the key of its verifier. */
  readonly op: string;
  readonly params: Readonly<Record<string, unknown>>;
  readonly inputs: Readonly<Record<string, Quantity>>;
  /** null: the input must be refused with an error. */
  readonly expect: Readonly<Record<string, Quantity>> | null;
  readonly tolerance: { readonly rtol: number; readonly atol: number };
  /** The ONNX file that stands beside the case's file, for cases about a model. */
  readonly modelPath?: string;
}

/** Computes a case's outputs by this project's code on an execution provider. */
export type Verifier = (
  testCase: VerifyCase,
  options: { provider: string },
) => Promise<Readonly<Record<string, Quantity>>>;

export type VerifierTable = Readonly<Record<string, Verifier>>;

/**
 * The cases of a parsed case file: an array of cases, or one.
 * @throws ModelError when it is something else.
 */
export function readCases(parsed: unknown, { modelPath }: { modelPath?: string } = {}): VerifyCase[] {
  return (Array.isArray(parsed) ? parsed : [parsed]).map((item: unknown, i) => {
    if (!isRecord(item) || typeof item.name !== "string" || typeof item.op !== "string") {
      throw new ModelError({
        code: "CASE_FORMAT",
        message: "this is not a case file",
        expected: "cases with a name and an op",
        where: `case ${i}`,
      });
    }
    const { name, op, params, inputs, expect, tolerance } = item;
    const refused = isRecord(expect) && expect.error === true;
    const { rtol = 1e-4, atol = 1e-6 } = (tolerance ?? {}) as { rtol?: number; atol?: number };
    return {
      name,
      op,
      params: isRecord(params) ? params : {},
      inputs: quantities(inputs),
      expect: refused ? null : quantities(expect),
      tolerance: { rtol, atol },
      ...(modelPath !== undefined && { modelPath }),
    };
  });
}

/** The tensors among a case's inputs. */
export function tensorsOf(values: Readonly<Record<string, Quantity>>): Record<string, Tensor> {
  return Object.fromEntries(Object.entries(values).filter((entry): entry is [string, Tensor] => isTensor(entry[1])));
}

export function isTensor(value: Quantity): value is Tensor {
  return "dtype" in value;
}

function quantities(values: unknown): Record<string, Quantity> {
  return Object.fromEntries(
    Object.entries(isRecord(values) ? values : {}).map(([name, value]) => [name, quantity(value)]),
  );
}

function quantity(value: unknown): Quantity {
  if (!isRecord(value)) return { json: value };
  if (!("dtype" in value && "data" in value)) return { json: "json" in value ? value.json : value };
  const { dtype, shape, data } = value as unknown as JsonTensor;
  return tensor(dtype, shape, data.map(Number));
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
