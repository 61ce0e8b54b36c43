import { z } from "zod";
import { dataParams, dataReference } from "../../data/choice.ts";
import { subsetParam } from "../../data/subset.ts";
import { contentParam } from "../../methods/llava-kd/samples.ts";
import { deviceParam, threadsParam } from "../resource-params.ts";
import type { StageDefinition } from "../stage.ts";

export const teacherCacheParams = z.strictObject({
  data: dataParams,
  subset: subsetParam,
  content: contentParam.default("captions-and-questions"),
  precision: z
    .enum(["float16", "float32"])
    .default("float16")
    .describe("float16 halves the file; float32 gives the numbers of a teacher that runs beside the student"),
  topK: z
    .int()
    .min(1)
    .max(100_000)
    .nullable()
    .default(null)
    .describe(
      "Most probable tokens kept of each distribution, the rest spread evenly: for large vocabularies. Empty: all of them",
    ),
  batchSize: z.int().min(1).max(1024).default(32).describe("Pictures at once"),
  threads: threadsParam(1),
  device: deviceParam,
});

export type TeacherCacheParams = z.infer<typeof teacherCacheParams>;

/** What a frozen teacher says to every token of a train split, stored once for all students of a sweep. */
export const teacherCache: StageDefinition<TeacherCacheParams> = {
  kind: "teacher-cache",
  version: 1,
  title: "Teacher's outputs",
  params: teacherCacheParams,
  inputs: {
    model: { description: "The teacher" },
    features: { description: "The pictures' features from the teacher's own encoder" },
  },
  outputs: { outputs: { description: "Logits of image, instruction and answer tokens, a safetensors file" } },
  resources: ({ device, threads }) => ({ device, threads, memoryBytes: 2 * 2 ** 30 }),
  data: ({ data }) => dataReference(data),
};
