import { nn, op, type Value } from "@retort/engine";
import { z } from "zod";
import { hasShape, sameTypes } from "./agreement.ts";

export const normalize = z.boolean().default(true).describe("Rows are first scaled to length 1");

/** exp(logitScale) · image · textᵀ [N,N] of embeddings [N,D] and a scalar. @throws ShapeError when they do not fit. */
export function imageTextSimilarity(
  { image, text, logitScale }: { image: Value; text: Value; logitScale: Value },
  { normalize }: { normalize: boolean },
  where: string,
): Value {
  hasShape(["image", image], { shape: [null, null] }, where);
  sameTypes({ image, text }, where);
  hasShape(["logitScale", logitScale], { shape: [], beside: ["image", image] }, where);
  const [rows, columns] = normalize ? [nn.normalize(image), nn.normalize(text)] : [image, text];
  return op.mul(op.matMul(rows, op.transpose(columns, [1, 0])), op.exp(logitScale));
}
