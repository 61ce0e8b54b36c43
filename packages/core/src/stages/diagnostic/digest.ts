import { sha256Hex } from "../../base/hash.ts";
import { Rng } from "../../base/rng.ts";

/** The state of the diagnostic's work: a hash chain over the draws of a seeded stream, so that a lost or repeated step shows. */
export interface DigestChain {
  step: number;
  digest: string;
}

export const startOfChain: DigestChain = { step: 0, digest: "" };

/** One step of work. Depends on the seed, the step and all steps before it. */
export function nextOfChain({ step, digest }: DigestChain, seed: number): DigestChain {
  const draw = Rng.fromSeed(seed).stream(`step ${step}`).uniform();
  return { step: step + 1, digest: sha256Hex(`${digest}:${draw}`) };
}

/** The chain after so many steps. */
export function chainAfter(steps: number, seed: number): DigestChain {
  let chain = startOfChain;
  while (chain.step < steps) chain = nextOfChain(chain, seed);
  return chain;
}
