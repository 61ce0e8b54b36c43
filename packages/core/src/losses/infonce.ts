import { nn, op } from "@retort/engine";
import { z } from "zod";
import { imageTextSimilarity, normalize } from "./image-text-similarity.ts";
import { defineLoss } from "./loss.ts";

/**
 * Symmetric contrastive loss of paired embeddings [N,D]: half the cross-entropy of finding each image's text and half that
 * of finding each text's image. `logitScale` is a logarithm. Source: CLIP (Radford et al.).
 */
export const infonce = defineLoss({
  title: "Contrastive loss of image and text (InfoNCE)",
  params: z.strictObject({ normalize }),
  needs: ["image", "text", "logitScale"],
  build: (tensors, params) => {
    const similarity = imageTextSimilarity(tensors, params, "infonce");
    const pairs = Array.from({ length: similarity.shape[0]! }, (_, i) => i);
    const labels = similarity.graph.constant(pairs, "int64");
    const [byImage, byText] = [similarity, op.transpose(similarity, [1, 0])].map((logits) =>
      nn.crossEntropy(logits, labels, { ignoreIndex: null }),
    );
    return op.mul(op.add(byImage!, byText!), 0.5);
  },
});
