import { ModelError, RetortError } from "../errors.ts";
import { isFloat, numbers, sameShape, typeText } from "../graph/tensor.ts";
import { isTensor, type Quantity, type VerifierTable, type VerifyCase } from "./case.ts";

export interface VerifyResult {
  readonly name: string;
  readonly op: string;
  readonly status: "pass" | "fail" | "unknown";
  /** Largest |got − want| over all numbers; NaN when there was nothing to compare. */
  readonly maxError: number;
  /** What went wrong, "" for a pass. */
  readonly message: string;
}

/** Runs one case by the verifier of its op and compares. Never throws: a verifier that does has failed. */
export async function verifyCase(
  testCase: VerifyCase,
  verifiers: VerifierTable,
  { provider = "cpu" }: { provider?: string } = {},
): Promise<VerifyResult> {
  const { name, op, expect, tolerance } = testCase;
  const result = (status: VerifyResult["status"], maxError: number, message = "") => ({
    name,
    op,
    status,
    maxError,
    message,
  });
  const verifier = Object.hasOwn(verifiers, op) ? verifiers[op] : undefined;
  if (!verifier) return result("unknown", Number.NaN, `no verifier for ${op}`);
  try {
    const outputs = await verifier(testCase, { provider });
    if (expect === null) return result("fail", Number.NaN, "the input should be refused and was not");
    const { maxError, failures } = compare(outputs, expect, tolerance);
    return result(failures.length === 0 ? "pass" : "fail", maxError, failures.join("; "));
  } catch (error) {
    // A model may hold an operator that the engine lacks: that is not known, rather than wrong.
    if (error instanceof ModelError && error.code === "UNKNOWN_OP") return result("unknown", Number.NaN, error.message);
    if (expect === null && error instanceof RetortError) return result("pass", 0);
    return result("fail", Number.NaN, error instanceof Error ? error.message : String(error));
  }
}

/** Every expected quantity against what came out. */
export function compare(
  outputs: Readonly<Record<string, Quantity>>,
  expect: Readonly<Record<string, Quantity>>,
  tolerance: VerifyCase["tolerance"],
): { maxError: number; failures: string[] } {
  const errors: number[] = [];
  const failures = Object.entries(expect).flatMap(([name, want]) => {
    const got = Object.hasOwn(outputs, name) ? outputs[name] : undefined;
    if (got === undefined) return [`${name} is missing`];
    const { maxError, failure } = difference(got, want, tolerance);
    errors.push(maxError);
    return failure === null ? [] : [`${name}: ${failure}`];
  });
  return { maxError: errors.length === 0 ? Number.NaN : Math.max(...errors), failures };
}

/** How far a quantity is off, and what is wrong with it if it is too far. */
interface Difference {
  maxError: number;
  failure: string | null;
}

function difference(got: Quantity, want: Quantity, { rtol, atol }: VerifyCase["tolerance"]): Difference {
  if (!isTensor(want) || !isTensor(got)) {
    const [a, b] = [got, want].map((value) => (isTensor(value) ? numbers(value) : value.json));
    return jsonDifference(a, b, { rtol, atol });
  }
  if (!sameShape(got.shape, want.shape))
    return { maxError: Number.POSITIVE_INFINITY, failure: `${typeText(got)} instead of ${typeText(want)}` };
  const exact = !isFloat(want.dtype);
  const [have, goal] = [numbers(got), numbers(want)];
  const errors = goal.map((value, i) => numberError(have[i] as number, value));
  const worst = errors.reduce((at, error, i) => (error > (errors[at] as number) ? i : at), 0);
  const bad = goal.findIndex((value, i) => !((errors[i] as number) <= (exact ? 0 : atol + rtol * finite(value))));
  const maxError = errors[worst] ?? 0;
  if (bad < 0) return { maxError, failure: null };
  return { maxError, failure: `element ${bad} is ${have[bad]} instead of ${goal[bad]}` };
}

/** |got − want|, 0 where both are the same infinity or both NaN. */
function numberError(got: number, want: number): number {
  if (Object.is(got, want) || got === want) return 0;
  const error = Math.abs(got - want);
  return Number.isNaN(error) ? Number.POSITIVE_INFINITY : error;
}

const finite = (value: number): number => (Number.isFinite(value) ? Math.abs(value) : 0);

/** Numbers anywhere within agree by the tolerance, everything else exactly; keys of `want` only. */
function jsonDifference(got: unknown, want: unknown, tolerance: VerifyCase["tolerance"]): Difference {
  if (typeof want === "number" && typeof got === "number") {
    const maxError = numberError(got, want);
    const close = maxError <= tolerance.atol + tolerance.rtol * finite(want);
    return { maxError, failure: close ? null : `${got} instead of ${want}` };
  }
  if (typeof want !== "object" || want === null || typeof got !== "object" || got === null) {
    const same = got === want;
    const failure = same ? null : `${excerpt(got)} instead of ${excerpt(want)}`;
    return { maxError: same ? 0 : Number.POSITIVE_INFINITY, failure };
  }
  if (Array.isArray(want) && (!Array.isArray(got) || got.length !== want.length)) {
    return { maxError: Number.POSITIVE_INFINITY, failure: `${excerpt(got)} instead of ${excerpt(want)}` };
  }
  const parts = Object.entries(want).map(([key, value]) => {
    const part = jsonDifference((got as Readonly<Record<string, unknown>>)[key], value, tolerance);
    return { ...part, failure: part.failure && `${key}: ${part.failure}` };
  });
  return {
    maxError: Math.max(0, ...parts.map(({ maxError }) => maxError)),
    failure: parts.find(({ failure }) => failure !== null)?.failure ?? null,
  };
}

/** A gradient of a thousand numbers is not read in a message: its beginning tells which one it is. */
function excerpt(value: unknown): string {
  if (value === undefined) return "nothing";
  const text = JSON.stringify(value);
  return text.length > 100 ? `${text.slice(0, 97)}...` : text;
}
