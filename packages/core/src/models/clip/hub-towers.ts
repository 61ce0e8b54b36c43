import type { Graph } from "@retort/engine";
import type { Tokenizer } from "../../data/tokenizers/tokenizer.ts";
import { type ImageTowerConfig, imageTowerConfig } from "./config.ts";
import { HubWeights, type Naming } from "./hub-weights.ts";
import { CLIP_PIXELS } from "./sizes.ts";
import type { TextTower } from "./text-file.ts";
import { textTowerConfig } from "./text-tower.ts";
import type { ImageTower } from "./tower-file.ts";

/** A block as transformers calls it. */
const transformersBlock: Naming["inside"] = {
  "ln1.weight": "layer_norm1.weight",
  "ln1.bias": "layer_norm1.bias",
  "attn.qkv.weight": ["self_attn.q_proj.weight", "self_attn.k_proj.weight", "self_attn.v_proj.weight"],
  "attn.qkv.bias": ["self_attn.q_proj.bias", "self_attn.k_proj.bias", "self_attn.v_proj.bias"],
  "attn.proj.weight": "self_attn.out_proj.weight",
  "attn.proj.bias": "self_attn.out_proj.bias",
  "ln2.weight": "layer_norm2.weight",
  "ln2.bias": "layer_norm2.bias",
  "mlp.fc1.weight": "mlp.fc1.weight",
  "mlp.fc1.bias": "mlp.fc1.bias",
  "mlp.fc2.weight": "mlp.fc2.weight",
  "mlp.fc2.bias": "mlp.fc2.bias",
};

/** A block as OpenAI and OpenCLIP call it. */
const openBlock: Naming["inside"] = {
  "ln1.weight": "ln_1.weight",
  "ln1.bias": "ln_1.bias",
  "attn.qkv.weight": "attn.in_proj_weight",
  "attn.qkv.bias": "attn.in_proj_bias",
  "attn.proj.weight": "attn.out_proj.weight",
  "attn.proj.bias": "attn.out_proj.bias",
  "ln2.weight": "ln_2.weight",
  "ln2.bias": "ln_2.bias",
  "mlp.fc1.weight": "mlp.c_fc.weight",
  "mlp.fc1.bias": "mlp.c_fc.bias",
  "mlp.fc2.weight": "mlp.c_proj.weight",
  "mlp.fc2.bias": "mlp.c_proj.bias",
};

const imageNamings: readonly Naming[] = [
  {
    mark: "vision_model.embeddings.class_embedding",
    outside: {
      class_embedding: "vision_model.embeddings.class_embedding",
      "patch.weight": "vision_model.embeddings.patch_embedding.weight",
      position_embedding: "vision_model.embeddings.position_embedding.weight",
      // transformers' own spelling.
      "ln_pre.weight": "vision_model.pre_layrnorm.weight",
      "ln_pre.bias": "vision_model.pre_layrnorm.bias",
      "ln_post.weight": "vision_model.post_layernorm.weight",
      "ln_post.bias": "vision_model.post_layernorm.bias",
      "projection.weight": "visual_projection.weight",
    },
    block: "vision_model.encoder.layers.{}.",
    inside: transformersBlock,
  },
  {
    mark: "visual.class_embedding",
    outside: {
      class_embedding: "visual.class_embedding",
      "patch.weight": "visual.conv1.weight",
      position_embedding: "visual.positional_embedding",
      "ln_pre.weight": "visual.ln_pre.weight",
      "ln_pre.bias": "visual.ln_pre.bias",
      "ln_post.weight": "visual.ln_post.weight",
      "ln_post.bias": "visual.ln_post.bias",
      "projection.weight": "visual.proj",
    },
    block: "visual.transformer.resblocks.{}.",
    inside: openBlock,
  },
];

const textNamings: readonly Naming[] = [
  {
    mark: "text_model.embeddings.token_embedding.weight",
    outside: {
      "token_embedding.weight": "text_model.embeddings.token_embedding.weight",
      position_embedding: "text_model.embeddings.position_embedding.weight",
      "ln_final.weight": "text_model.final_layer_norm.weight",
      "ln_final.bias": "text_model.final_layer_norm.bias",
      "projection.weight": "text_projection.weight",
    },
    block: "text_model.encoder.layers.{}.",
    inside: transformersBlock,
  },
  {
    mark: "token_embedding.weight",
    outside: {
      "token_embedding.weight": "token_embedding.weight",
      position_embedding: "positional_embedding",
      "ln_final.weight": "ln_final.weight",
      "ln_final.bias": "ln_final.bias",
      "projection.weight": "text_projection",
    },
    block: "transformer.resblocks.{}.",
    inside: openBlock,
  },
];

export interface HubTowerOptions {
  /** Width of an attention head; no weight tells it. 64 in all published CLIP models. */
  headDim: number;
  /** What happens to each image's brightness before the tower sees it. */
  brightness: ImageTowerConfig["brightness"];
  where: string;
}

/** @throws DataError when the graph holds no CLIP image tower under known names. */
export function imageTowerFrom(graph: Graph, { headDim, brightness, where }: HubTowerOptions): ImageTower {
  const hub = new HubWeights(graph, imageNamings, where);
  const weights = hub.tensors();
  const [dim, , patchSizePx] = weights.get("patch.weight")!.shape as [number, number, number];
  const side = Math.sqrt(weights.get("position_embedding")!.shape[0]! - 1);
  const config = imageTowerConfig.parse({
    kind: "vit",
    ...CLIP_PIXELS,
    brightness,
    embedDim: weights.get("projection.weight")!.shape[1],
    imageSizePx: side * patchSizePx,
    patchSizePx,
    dim,
    layers: hub.numBlocks,
    heads: dim / headDim,
    hidden: weights.get("blocks.0.mlp.fc1.weight")!.shape[1],
    activation: activationOf(graph),
  });
  return { config, weights: flattened(weights) };
}

/** @throws DataError when the graph holds no CLIP text tower under known names. */
export function textTowerFrom(
  graph: Graph,
  { headDim, where, tokenizer }: Omit<HubTowerOptions, "brightness"> & { tokenizer: Tokenizer },
): TextTower {
  const hub = new HubWeights(graph, textNamings, where);
  const weights = hub.tensors();
  const [vocabularySize, dim] = weights.get("token_embedding.weight")!.shape as [number, number];
  const config = textTowerConfig.parse({
    vocabularySize,
    numPositions: weights.get("position_embedding")!.shape[0],
    dim,
    layers: hub.numBlocks,
    heads: dim / headDim,
    hidden: weights.get("blocks.0.mlp.fc1.weight")!.shape[1],
    activation: activationOf(graph),
    embedDim: weights.get("projection.weight")!.shape[1],
  });
  return { config, tokenizer, weights };
}

/** x · σ(1.702 x) is written with Sigmoid; GELU with Erf or as itself. */
function activationOf(graph: Graph): "quick_gelu" | "gelu" {
  return graph.nodes.some(({ op }) => op === "Sigmoid" || op === "QuickGelu") ? "quick_gelu" : "gelu";
}

/** Some exporters keep the class token as [1,1,dim]. */
function flattened(weights: Map<string, ReturnType<HubWeights["get"]>>): typeof weights {
  const token = weights.get("class_embedding")!;
  weights.set("class_embedding", { ...token, shape: [token.data.length] });
  return weights;
}
