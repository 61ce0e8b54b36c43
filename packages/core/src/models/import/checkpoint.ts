// [node]
import type { Tensor } from "@retort/engine";
import { z } from "zod";
import { DataError } from "../../base/errors.ts";
import { readJson, requireFile, type SourceFolder } from "../../data/sources/folder.ts";
import { openCheckpoint, type TensorFiles } from "../../data/sources/safetensors.ts";
import type { LlavaConfigInput } from "../llava/config.ts";
import { llavaConfig } from "../llava/config.ts";
import { decoderNames, projectorForms, projectorNames, visionNames } from "./hub-names.ts";
import type { DecoderWeights } from "./llama2c.ts";
import { readNamed } from "./named-weights.ts";
import { preprocessingOf } from "./preprocessing.ts";

/** What is read of the language model's config.json; sizes come from the tensors themselves. */
const textConfig = z.looseObject({
  model_type: z.string().optional(),
  num_attention_heads: z.int().positive(),
  num_key_value_heads: z.int().positive().nullish(),
  rms_norm_eps: z.number().default(1e-6),
  rope_theta: z.number().nullish(),
  rope_parameters: z.looseObject({ rope_theta: z.number().nullish(), rope_type: z.string().nullish() }).nullish(),
  rope_scaling: z.unknown().optional(),
  hidden_act: z.string().default("silu"),
  use_sliding_window: z.boolean().nullish(),
});

const visionFile = z.looseObject({
  model_type: z.string().optional(),
  image_size: z.int().positive(),
  patch_size: z.int().positive(),
  num_attention_heads: z.int().positive(),
  hidden_act: z.string().optional(),
  layer_norm_eps: z.number().optional(),
});

const activations: Readonly<Record<string, "gelu" | "gelu_tanh" | "quick_gelu">> = {
  gelu: "gelu",
  gelu_pytorch_tanh: "gelu_tanh",
  gelu_new: "gelu_tanh",
  quick_gelu: "quick_gelu",
};

/**
 * A Llama or Qwen2 language model from a folder as hubs store it (config.json, safetensors), alone or inside a LLaVA model.
 * @throws DataError when files are missing, the architecture is another, or a weight lacks
 */
export async function decoderFromCheckpoint(folder: SourceFolder): Promise<DecoderWeights> {
  return withCheckpoint(folder, async (files) => {
    const whole = await configOf(folder);
    const config = parse(textConfig, sectionOf(whole, "text_config"), folder);
    refuseUnknown(config, folder);
    const embedding = files.names.find((name) => name.endsWith("embed_tokens.weight"));
    if (embedding === undefined) throw notFound("a Llama or Qwen2 language model", files, folder);
    const model = embedding.slice(0, -"embed_tokens.weight".length);
    const has = (name: string) => files.shape(name) !== undefined;
    const head = ["lm_head.", `${model.replace(/model\.$/, "")}lm_head.`, `${model}lm_head.`].find((name) =>
      has(`${name}weight`),
    );
    const [vocabularySize, dim] = files.shape(embedding) as [number, number];
    const heads = config.num_attention_heads;
    const width = files.shape(`${model}layers.0.self_attn.q_proj.weight`)?.[0] ?? 0;
    const kvWidth = files.shape(`${model}layers.0.self_attn.k_proj.weight`)?.[0] ?? 0;
    const ownWidth = width / heads !== dim / heads;
    const decoder = llavaConfig.shape.decoder.parse({
      dim,
      layers: countBlocks(files.names, `${model}layers.`),
      heads,
      kvHeads: (kvWidth * heads) / width,
      ...(ownWidth && { headDim: width / heads }),
      hidden: files.shape(`${model}layers.0.mlp.gate_proj.weight`)?.[0],
      ropeBase: config.rope_theta ?? config.rope_parameters?.rope_theta ?? 10_000,
      qkvBias: has(`${model}layers.0.self_attn.q_proj.bias`),
      tiedHead: head === undefined,
      normEpsilon: config.rms_norm_eps,
    });
    const names = decoderNames(decoder, { model, head: head ?? "" });
    return { decoder, vocabularySize, weights: await readNamed(names, (name) => files.read(name)) };
  });
}

export interface VisionReading {
  /** Whose output is read: -2 in LLaVA. */
  featureLayer: number;
  dropFirst: boolean | "class-token";
}

export interface VisionWeights {
  imageSizePx: number;
  vision: LlavaConfigInput["vision"];
  weights: Map<string, Tensor>;
}

/** A CLIP or SigLIP vision tower from a folder as hubs store it, alone, beside its text tower, or inside a LLaVA model. */
export async function visionFromCheckpoint(folder: SourceFolder, reading: VisionReading): Promise<VisionWeights> {
  return withCheckpoint(folder, async (files) => {
    const config = parse(visionFile, sectionOf(await configOf(folder), "vision_config"), folder);
    const patch = files.names.find((name) => name.endsWith("embeddings.patch_embedding.weight"));
    if (patch === undefined) throw notFound("a CLIP or SigLIP vision tower", files, folder);
    const prefix = patch.slice(0, -"embeddings.patch_embedding.weight".length);
    const has = (name: string) => files.shape(prefix + name) !== undefined;
    const [dim] = files.shape(patch) as [number];
    const classToken = has("embeddings.class_embedding");
    const isClip = classToken;
    const activation = activations[config.hidden_act ?? (isClip ? "quick_gelu" : "gelu_pytorch_tanh")];
    if (activation === undefined)
      throw unknownPart(folder, "vision_config.hidden_act", Object.keys(activations), config.hidden_act);
    const pixels = await preprocessingOf(folder);
    const vision = {
      patchSizePx: config.patch_size,
      edge: config.image_size % config.patch_size === 0 ? ("refuse" as const) : ("crop" as const),
      stem: "linear" as const,
      patchBias: has("embeddings.patch_embedding.bias"),
      dim,
      layers: countBlocks(files.names, `${prefix}encoder.layers.`),
      heads: config.num_attention_heads,
      hidden: files.shape(`${prefix}encoder.layers.0.mlp.fc1.weight`)?.[0] ?? 0,
      activation,
      normEpsilon: config.layer_norm_eps ?? (isClip ? 1e-5 : 1e-6),
      classToken,
      preNorm: has("pre_layrnorm.weight"),
      featureLayer: reading.featureLayer,
      featureNorm: false,
      dropFirst: reading.dropFirst === "class-token" ? classToken : reading.dropFirst,
      ...pixels,
    };
    const complete = llavaConfig.shape.vision.parse(vision);
    const weights = await readNamed(visionNames(complete, prefix), (name) => files.read(name));
    return { imageSizePx: config.image_size, vision, weights };
  });
}

/** LLaVA's two-layer projector. */
export async function projectorFromCheckpoint(folder: SourceFolder): Promise<Map<string, Tensor>> {
  return withCheckpoint(folder, async (files) => {
    const form = projectorForms.find(([first]) => files.shape(`${first}.weight`) !== undefined);
    if (form === undefined) throw notFound("LLaVA's two-layer projector", files, folder);
    return readNamed(projectorNames(form), (name) => files.read(name));
  });
}

async function withCheckpoint<T>(folder: SourceFolder, use: (files: TensorFiles) => Promise<T>): Promise<T> {
  const files = await openCheckpoint(folder);
  try {
    return await use(files);
  } finally {
    await files.close();
  }
}

async function configOf(folder: SourceFolder): Promise<Record<string, unknown>> {
  return readJson(await requireFile(folder, "config.json"));
}

function sectionOf(config: Record<string, unknown>, name: string): unknown {
  return name in config ? config[name] : config;
}

function parse<T>(schema: z.ZodType<T>, value: unknown, { location }: SourceFolder): T {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  throw new DataError({
    code: "DATA_BAD_MODEL_CONFIG",
    message: "A model's configuration lacks what is needed",
    expected: "config.json as the hub's library writes it",
    got: z.prettifyError(result.error),
    where: location,
  });
}

function refuseUnknown(config: z.infer<typeof textConfig>, folder: SourceFolder): void {
  if (config.hidden_act !== "silu") throw unknownPart(folder, "hidden_act", ["silu"], config.hidden_act);
  const scaled =
    config.rope_scaling ?? (config.rope_parameters?.rope_type === "default" ? null : config.rope_parameters?.rope_type);
  if (scaled) throw unknownPart(folder, "rope_scaling", ["none"], JSON.stringify(scaled));
  if (config.use_sliding_window) throw unknownPart(folder, "use_sliding_window", ["false"], "true");
}

function unknownPart(
  folder: SourceFolder,
  field: string,
  expected: readonly string[],
  got: string | undefined,
): DataError {
  return new DataError({
    code: "DATA_UNKNOWN_ARCHITECTURE",
    message: `The model's ${field} is not one that can be built here`,
    expected: expected.join(", "),
    got: got ?? "nothing",
    where: `${folder.location}, config.json`,
    fix: "Export the model to ONNX and import that.",
  });
}

function notFound(what: string, files: TensorFiles, folder: SourceFolder): DataError {
  return new DataError({
    code: "DATA_UNKNOWN_ARCHITECTURE",
    message: `The checkpoint does not hold ${what}`,
    expected: what,
    got: `tensors ${files.names.slice(0, 5).join(", ")} ...`,
    where: folder.location,
  });
}

function countBlocks(names: readonly string[], prefix: string): number {
  const numbers = names
    .filter((name) => name.startsWith(prefix))
    .map((name) => Number.parseInt(name.slice(prefix.length), 10));
  return Math.max(-1, ...numbers) + 1;
}
