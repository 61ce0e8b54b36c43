import { op } from "@retort/engine";
import { z } from "zod";
import { hasShape } from "./agreement.ts";
import { imageTextSimilarity, normalize } from "./image-text-similarity.ts";
import { defineLoss } from "./loss.ts";

/**
 * Pairwise sigmoid loss of embeddings [N,D]: −(1/N) Σ_ij log σ(z_ij S_ij), z = 1 for a pair and −1 for all others,
 * S = exp(logitScale) · cos + logitBias. Source: SigLIP (Zhai et al.).
 */
export const siglip = defineLoss({
  title: "Sigmoid loss of image and text (SigLIP)",
  params: z.strictObject({ normalize }),
  needs: ["image", "text", "logitScale", "logitBias"],
  build: ({ logitBias, ...tensors }, params) => {
    hasShape(["logitBias", logitBias], { shape: [], beside: ["image", tensors.image] }, "siglip");
    const logits = op.add(imageTextSimilarity(tensors, params, "siglip"), logitBias);
    const size = logits.shape[0]!;
    const signs = Float32Array.from({ length: size * size }, (_, i) => (i % (size + 1) === 0 ? -1 : 1));
    const opposite = op.cast(
      logits.graph.constant({ dtype: "float32", shape: [size, size], data: signs }),
      logits.dtype,
    );
    return op.mul(op.reduceSum(op.softplus(op.mul(logits, opposite))), 1 / size);
  },
});
