import { blockVerifiers } from "./blocks.ts";
import type { VerifierTable } from "./case.ts";
import { modelVerifiers } from "./model.ts";
import { opVerifiers } from "./ops.ts";
import { optimVerifiers } from "./optim.ts";

/** What the engine can verify, by the op of a case. */
export const engineVerifiers: VerifierTable = {
  ...opVerifiers,
  ...blockVerifiers,
  ...optimVerifiers,
  ...modelVerifiers,
};

export { type Quantity, readCases, type Verifier, type VerifierTable, type VerifyCase } from "./case.ts";
export { compare, type VerifyResult, verifyCase } from "./compare.ts";
