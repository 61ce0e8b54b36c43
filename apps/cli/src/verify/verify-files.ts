import { verifiers } from "@retort/core/verify";
import { type VerifyResult, verifyCase } from "@retort/engine/verify";
import { print } from "../output/print.ts";
import { readCaseFile } from "./case-file.ts";

export interface VerifyCounts {
  passed: number;
  failed: number;
  unknown: number;
}

/** Runs every case of the files, a line each as it is done, and the counts at the end. */
export async function verifyFiles(
  paths: readonly string[],
  { provider, json = false }: { provider: string; json?: boolean },
): Promise<VerifyCounts> {
  const counts: VerifyCounts = { passed: 0, failed: 0, unknown: 0 };
  // All files first: a name mistyped last should not cost the work on the others.
  const cases = (await Promise.all(paths.map(readCaseFile))).flat();
  for (const testCase of cases) {
    const result = await verifyCase(testCase, verifiers, { provider });
    counts[countOf[result.status]]++;
    print(json ? JSON.stringify({ ...result, maxError: finiteOrNull(result.maxError) }) : describe(result));
  }
  const { passed, failed, unknown } = counts;
  print(json ? JSON.stringify(counts) : `${passed} passed, ${failed} failed, ${unknown} unknown`);
  return counts;
}

const countOf = { pass: "passed", fail: "failed", unknown: "unknown" } as const satisfies Record<
  VerifyResult["status"],
  keyof VerifyCounts
>;

function describe({ name, status, maxError, message }: VerifyResult): string {
  const error = Number.isNaN(maxError) ? "" : `  max error ${maxError.toExponential(2)}`;
  return `${status.padEnd(7)}  ${name}${error}${message === "" ? "" : `  ${message}`}`;
}

function finiteOrNull(value: number): number | null {
  return Number.isFinite(value) ? value : null;
}
