import { ModelError, type Tensor } from "@retort/engine";
import type { Quantity, VerifierTable, VerifyCase } from "@retort/engine/verify";
import { z } from "zod";

/** A case's inputs by name. @throws ModelError for a case that lacks what its op needs. */
export interface CaseInputs {
  has(name: string): boolean;
  /** Elements of a tensor, as numbers. */
  numbers(name: string): number[];
  shape(name: string): readonly number[];
  json<T>(name: string, schema: z.ZodType<T>): T;
}

/** A case's parameters by name. @throws ModelError for a case that lacks what its op needs. */
export interface CaseParams {
  number(name: string): number;
  parse<T>(name: string, schema: z.ZodType<T>): T;
}

/** A plain number stands for a float64 scalar. */
type Outputs = Readonly<Record<string, Quantity | number>>;
type PlainVerifier = (inputs: CaseInputs, params: CaseParams) => Outputs;

/** Verifiers of what is computed without a graph, by the op of a case; the execution provider plays no part. */
export function defineVerifiers(table: Readonly<Record<string, PlainVerifier>>): VerifierTable {
  return Object.fromEntries(
    Object.entries(table).map(([op, verify]) => [
      op,
      async (testCase: VerifyCase) => {
        const outputs = verify(inputsOf(testCase), paramsOf(testCase));
        return Object.fromEntries(Object.entries(outputs).map(([name, output]) => [name, quantity(output)]));
      },
    ]),
  );
}

function quantity(output: Quantity | number): Quantity {
  if (typeof output !== "number") return output;
  return { dtype: "float64", shape: [], data: Float64Array.of(output) };
}

function inputsOf(testCase: VerifyCase): CaseInputs {
  const tensorAt = (name: string): Tensor => {
    const input = testCase.inputs[name];
    if (input && "dtype" in input) return input;
    throw badCase(testCase, `a tensor ${name}`, input === undefined ? "nothing" : "JSON");
  };
  return {
    has: (name) => Object.hasOwn(testCase.inputs, name),
    numbers: (name) => Array.from(tensorAt(name).data, Number),
    shape: (name) => tensorAt(name).shape,
    json: (name, schema) => {
      const input = testCase.inputs[name];
      return parse({ testCase, name, schema, value: input && "json" in input ? input.json : undefined });
    },
  };
}

function paramsOf(testCase: VerifyCase): CaseParams {
  return {
    number: (name) => parse({ testCase, name, schema: z.number(), value: testCase.params[name] }),
    parse: (name, schema) => parse({ testCase, name, schema, value: testCase.params[name] }),
  };
}

interface Parse<T> {
  testCase: VerifyCase;
  name: string;
  schema: z.ZodType<T>;
  value: unknown;
}

function parse<T>({ testCase, name, schema, value }: Parse<T>): T {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  throw badCase(testCase, `${name} in the form that ${testCase.op} takes`, z.prettifyError(parsed.error));
}

function badCase(testCase: VerifyCase, expected: string, got: string): ModelError {
  return new ModelError({ code: "CASE_FORMAT", message: "A case lacks an input", expected, got, where: testCase.name });
}
