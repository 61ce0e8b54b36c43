import { blockVerifiers } from "./blocks.ts";
import type { VerifierTable } from "./case.ts";
import { opVerifiers } from "./ops.ts";

/** What the engine can verify, by the op of a case. */
export const engineVerifiers: VerifierTable = { ...opVerifiers, ...blockVerifiers };

export { type Quantity, readCases, type Verifier, type VerifierTable, type VerifyCase } from "./case.ts";
export { compare, type VerifyResult, verifyCase } from "./compare.ts";
