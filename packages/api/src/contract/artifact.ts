import { z } from "zod";
import { jsonObject } from "./json.ts";

/** A file that a stage left: trained weights, an exported ONNX model, a table. */
export const artifact = z.object({
  id: z.string(),
  stageId: z.string(),
  stageName: z.string(),
  name: z.string(),
  kind: z.string(),
  sha256: z.string(),
  sizeBytes: z.number(),
  meta: jsonObject,
  /**
   * Of a whole vision-language model: is it to be had part by part from GET /api/artifacts/<id>/parts, or, being too large for that,
   * with `retort export --parts` alone?
   */
  parts: z.enum(["none", "served", "too-large"]),
  /** What a download is saved as: "student.onnx". */
  fileName: z.string(),
  createdAt: z.date(),
});
export type Artifact = z.infer<typeof artifact>;
