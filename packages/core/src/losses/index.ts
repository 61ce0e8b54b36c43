import { bceWithLogits } from "./bce-with-logits.ts";
import { cosineDistance } from "./cosine-distance.ts";
import { crossEntropy } from "./cross-entropy.ts";
import { dice } from "./dice.ts";
import { divergence } from "./divergence.ts";
import { focalBinary } from "./focal-binary.ts";
import { focalSoftmax } from "./focal-softmax.ts";
import { infonce } from "./infonce.ts";
import { llavaKdTotal } from "./llava-kd-total.ts";
import type { LossDefinition } from "./loss.ts";
import { mdist } from "./mdist.ts";
import { mse } from "./mse.ts";
import { rdist } from "./rdist.ts";
import { siglip } from "./siglip.ts";
import { smoothL1 } from "./smooth-l1.ts";

/** Every loss, by its name. */
export const losses = {
  bceWithLogits,
  cosineDistance,
  crossEntropy,
  dice,
  divergence,
  focalBinary,
  focalSoftmax,
  infonce,
  llavaKdTotal,
  mdist,
  mse,
  rdist,
  siglip,
  smoothL1,
} satisfies Record<string, LossDefinition>;

export type LossName = keyof typeof losses;
