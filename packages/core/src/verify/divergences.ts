import type { VerifierTable } from "@retort/engine/verify";
import { divergence } from "../losses/divergence.ts";
import { divergenceNames } from "../losses/divergence-kinds.ts";
import { lossVerifier } from "./loss-case.ts";

/** divergence.forward_kl, .reverse_kl, .js, .tv, .skewed_forward_kl, .skewed_reverse_kl. */
export const divergenceVerifiers: VerifierTable = Object.fromEntries(
  divergenceNames.map((kind) => [
    `divergence.${kind.replaceAll("-", "_")}`,
    lossVerifier((tensors, { temperature, scale_by_t2: scaleByT2, lambda }) => ({
      loss: divergence.build(
        {
          student: { logits: tensors("student") },
          teacher: { logits: tensors("teacher") },
          mask: tensors("mask"),
        },
        divergence.params.parse({ kind, temperature, scaleByT2, lambda }),
      ),
    })),
  ]),
);
