import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { graph, nn, tensor } from "@retort/engine";
import { compile } from "@retort/engine/node";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { Rng } from "../../base/rng.ts";
import { openFolder } from "../../data/sources/folder.ts";
import { floats, type StoredTensor, writeSafetensors } from "../../data/sources/testing-safetensors.ts";
import { llavaConfig } from "../llava/config.ts";
import { decoder, embedTokens, languageHead } from "../llava/decoder.ts";
import { visionEncoder } from "../llava/vision.ts";
import { decoderFromCheckpoint, projectorFromCheckpoint, visionFromCheckpoint } from "./checkpoint.ts";
import * as reference from "./testing-reference.ts";

const rng = Rng.fromSeed(3);
const drawn = (shape: number[]): StoredTensor => {
  const size = shape.reduce((product, count) => product * count, 1);
  return floats(
    shape,
    Array.from({ length: size }, () => rng.normal() * 0.5),
  );
};

const dims = { clip: { side: 12, patch: 4 }, siglip: { side: 14, patch: 4 } } as const;

/** Tensors of a tower as the hub's library names them: 2 blocks, width 8, 2 heads, hidden 12. */
function towerTensors(kind: "clip" | "siglip"): Record<string, StoredTensor> {
  const { side, patch } = dims[kind];
  const numPatches = Math.floor(side / patch) ** 2;
  const clip = kind === "clip";
  const affine = (name: string) => ({ [`${name}.weight`]: drawn([8]), [`${name}.bias`]: drawn([8]) });
  const linear = (name: string, out: number, input: number) => ({
    [`${name}.weight`]: drawn([out, input]),
    [`${name}.bias`]: drawn([out]),
  });
  const blocks = [0, 1].map((layer) => {
    const at = `vision_model.encoder.layers.${layer}`;
    return {
      ...affine(`${at}.layer_norm1`),
      ...Object.assign(
        {},
        ...["q_proj", "k_proj", "v_proj", "out_proj"].map((name) => linear(`${at}.self_attn.${name}`, 8, 8)),
      ),
      ...affine(`${at}.layer_norm2`),
      ...linear(`${at}.mlp.fc1`, 12, 8),
      ...linear(`${at}.mlp.fc2`, 8, 12),
    };
  });
  const embeddings = "vision_model.embeddings";
  return {
    [`${embeddings}.patch_embedding.weight`]: drawn([8, 3, patch, patch]),
    ...(clip
      ? { [`${embeddings}.class_embedding`]: drawn([8]) }
      : { [`${embeddings}.patch_embedding.bias`]: drawn([8]) }),
    [`${embeddings}.position_embedding.weight`]: drawn([numPatches + Number(clip), 8]),
    ...(clip ? affine("vision_model.pre_layrnorm") : {}),
    ...Object.assign({}, ...blocks),
    ...affine("vision_model.post_layernorm"),
  };
}

const values = ({ bytes }: StoredTensor) => new Float32Array(bytes.buffer);

describe("checkpoints as hubs store them", () => {
  let dir: string;
  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), "retort-checkpoint-"));
  });
  afterEach(() => rmSync(dir, { recursive: true }));

  const write = (config: object, tensors: Record<string, StoredTensor>) => {
    writeFileSync(join(dir, "config.json"), JSON.stringify(config));
    writeSafetensors(join(dir, "model.safetensors"), tensors);
  };

  it.each(["clip", "siglip"] as const)("gives the features of a %s tower", async (kind) => {
    const { side, patch } = dims[kind];
    const tensors = towerTensors(kind);
    const vision_config = {
      model_type: `${kind}_vision_model`,
      image_size: side,
      patch_size: patch,
      num_attention_heads: 2,
    };
    write({ model_type: "llava", vision_config }, tensors);
    const pixelsFile = { image_mean: [0.4, 0.5, 0.6], image_std: [0.2, 0.25, 0.3] };
    writeFileSync(join(dir, "preprocessor_config.json"), JSON.stringify(pixelsFile));
    const read = await visionFromCheckpoint(await openFolder(dir), { featureLayer: -2, dropFirst: "class-token" });
    const config = llavaConfig.parse({
      imageSizePx: read.imageSizePx,
      vision: read.vision,
      projector: { mergeSide: 1 },
      decoder: { dim: 8, layers: 1, heads: 2, kvHeads: 1, hidden: 8, ropeBase: 10_000 },
      vocabularySize: 8,
    });
    const pixels = Uint8Array.from({ length: side * side * 3 }, () => rng.integer(256));
    const g = graph("vision");
    const input = g.input("pixels", { dtype: "uint8", shape: [1, side, side, 3] });
    g.output("features", visionEncoder(nn.scope(g, { weights: read.weights }).at("vision"), input, config));
    const program = await compile(g);
    const { features } = await program.run({ pixels: tensor("uint8", [1, side, side, 3], pixels) });
    await program.dispose();
    const stored = Object.fromEntries(Object.entries(tensors).map(([name, held]) => [name, values(held)]));
    const expected = reference.tower(stored, { kind, pixels, side, patch, ...pixelsFile });
    const got = [...(features!.data as Float32Array)];
    expect(got).toHaveLength(expected.length);
    got.forEach((value, i) => {
      expect(value).toBeCloseTo(expected[i]!, 3);
    });
  });

  it.each([
    ["Qwen2, tied", { qkvBias: true, tied: true, prefix: "model." }],
    ["Llama inside LLaVA", { qkvBias: false, tied: false, prefix: "language_model.model." }],
  ])("gives the logits of %s", async (_, { qkvBias, tied, prefix }) => {
    const bias = (name: string, out: number) => (qkvBias ? { [`${name}.bias`]: drawn([out]) } : {});
    const at = `${prefix}layers.0`;
    const tensors = {
      [`${prefix}embed_tokens.weight`]: drawn([7, 8]),
      [`${at}.input_layernorm.weight`]: drawn([8]),
      [`${at}.self_attn.q_proj.weight`]: drawn([8, 8]),
      ...bias(`${at}.self_attn.q_proj`, 8),
      [`${at}.self_attn.k_proj.weight`]: drawn([4, 8]),
      ...bias(`${at}.self_attn.k_proj`, 4),
      [`${at}.self_attn.v_proj.weight`]: drawn([4, 8]),
      ...bias(`${at}.self_attn.v_proj`, 4),
      [`${at}.self_attn.o_proj.weight`]: drawn([8, 8]),
      [`${at}.post_attention_layernorm.weight`]: drawn([8]),
      [`${at}.mlp.gate_proj.weight`]: drawn([10, 8]),
      [`${at}.mlp.up_proj.weight`]: drawn([10, 8]),
      [`${at}.mlp.down_proj.weight`]: drawn([8, 10]),
      [`${prefix}norm.weight`]: drawn([8]),
      ...(tied ? {} : { [`${prefix.replace("model.model.", "model.")}lm_head.weight`]: drawn([7, 8]) }),
    };
    const text = {
      num_attention_heads: 2,
      num_key_value_heads: 1,
      rope_theta: 1000,
      rms_norm_eps: 1e-6,
      hidden_act: "silu",
    };
    write(tied ? { model_type: "qwen2", ...text } : { model_type: "llava", text_config: text }, tensors);
    const read = await decoderFromCheckpoint(await openFolder(dir));
    expect(read.decoder).toMatchObject({
      dim: 8,
      heads: 2,
      kvHeads: 1,
      hidden: 10,
      qkvBias,
      tiedHead: tied,
      ropeBase: 1000,
    });
    const config = llavaConfig.parse({
      imageSizePx: 8,
      vision: { patchSizePx: 4, stem: "linear", dim: 8, layers: 1, heads: 2, hidden: 8 },
      projector: { mergeSide: 1 },
      decoder: read.decoder,
      vocabularySize: read.vocabularySize,
    });
    const ids = [3, 1, 6, 2];
    const g = graph("decoder");
    const scope = nn.scope(g, { weights: read.weights }).at("decoder");
    const tokens = g.input("tokens", { dtype: "int64", shape: [1, 4] });
    const mask = g.constant(
      tensor(
        "bool",
        [1, 1, 4, 4],
        Array.from({ length: 16 }, (_, i) => Number(i % 4 <= i / 4)),
      ),
    );
    const positions = g.constant(tensor("int64", [1, 4], [0, 1, 2, 3]));
    const { hidden } = decoder(scope, { x: embedTokens(scope, tokens, config), positions, mask }, config);
    g.output("logits", languageHead(scope, hidden, config));
    const program = await compile(g);
    const { logits } = await program.run({ tokens: tensor("int64", [1, 4], ids) });
    await program.dispose();
    const stored = Object.fromEntries(
      Object.entries(tensors).map(([name, held]) => [
        name.replace(prefix, "").replace(/^.*lm_head/, "lm_head"),
        values(held),
      ]),
    );
    const expected = reference.decoder(stored, { ids, ropeBase: 1000 });
    [...(logits!.data as Float32Array)].forEach((value, i) => {
      expect(value).toBeCloseTo(expected[i]!, 3);
    });
  });

  it("finds the projector by each of its names", async () => {
    for (const [first, second] of [
      ["multi_modal_projector.linear_1", "multi_modal_projector.linear_2"],
      ["model.mm_projector.0", "model.mm_projector.2"],
    ]) {
      const fc1 = drawn([8, 6]);
      write(
        {},
        {
          [`${first}.weight`]: fc1,
          [`${first}.bias`]: drawn([8]),
          [`${second}.weight`]: drawn([8, 8]),
          [`${second}.bias`]: drawn([8]),
        },
      );
      const weights = await projectorFromCheckpoint(await openFolder(dir));
      expect(weights.get("projector.fc1.weight")!.shape).toEqual([6, 8]);
      expect(weights.get("projector.fc1.weight")!.data[1]).toBe(values(fc1)[6]);
    }
  });

  it("refuses what it cannot build", async () => {
    const text = { num_attention_heads: 2, hidden_act: "gelu" };
    write(text, { "model.embed_tokens.weight": drawn([7, 8]) });
    const folder = await openFolder(dir);
    await expect(decoderFromCheckpoint(folder)).rejects.toMatchObject({
      code: "DATA_UNKNOWN_ARCHITECTURE",
      got: "gelu",
    });
    write({ num_attention_heads: 2, rope_scaling: { type: "yarn" } }, { "model.embed_tokens.weight": drawn([7, 8]) });
    await expect(decoderFromCheckpoint(folder)).rejects.toThrow(/rope_scaling/);
    write({ num_attention_heads: 2 }, { "transformer.wte.weight": drawn([7, 8]) });
    await expect(decoderFromCheckpoint(folder)).rejects.toThrow(/transformer.wte.weight/);
    await expect(projectorFromCheckpoint(folder)).rejects.toThrow(/projector/);
  });
});
