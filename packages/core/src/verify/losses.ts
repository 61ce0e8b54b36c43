import type { VerifierTable } from "@retort/engine/verify";
import { losses } from "../losses/index.ts";
import { buildLoss, type LossDefinition } from "../losses/loss.ts";
import { lossVerifier } from "./loss-case.ts";

/** loss.*: tensors and parameters go by the same names, written_so in the cases and soHere. */
export const lossVerifiers: VerifierTable = {
  "loss.cross_entropy": verifier(losses.crossEntropy),
  "loss.focal_binary": verifier(losses.focalBinary),
  "loss.focal_softmax": verifier(losses.focalSoftmax),
  "loss.dice": verifier(losses.dice),
  "loss.bce_with_logits": verifier(losses.bceWithLogits),
  "loss.mse": verifier(losses.mse),
  "loss.smooth_l1": verifier(losses.smoothL1),
  "loss.cosine_distance": verifier(losses.cosineDistance),
  "loss.infonce": verifier(losses.infonce),
  "loss.siglip": verifier(losses.siglip),
};

function verifier(definition: LossDefinition) {
  return lossVerifier((tensors, params) => {
    const inputs = Object.fromEntries(definition.needs.map((name) => [name, tensors(snakeCase(name))]));
    const ownParams = Object.fromEntries(Object.entries(params).map(([name, value]) => [camelCase(name), value]));
    return { loss: buildLoss(definition, inputs, ownParams) };
  });
}

const snakeCase = (name: string) => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
const camelCase = (name: string) => name.replace(/_(\w)/g, (_, letter: string) => letter.toUpperCase());
