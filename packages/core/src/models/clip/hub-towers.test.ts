import { readFileSync } from "node:fs";
import { graph, importOnnx, nn, numbers, op, type Tensor } from "@retort/engine";
import { compile } from "@retort/engine/node";
import { describe, expect, it } from "vitest";
import { hasShared, sharedPath } from "../../../../../scripts/shared.mjs";
import { WordTokenizer } from "../../data/tokenizers/word.ts";
import { imageTowerFrom, textTowerFrom } from "./hub-towers.ts";
import { imageTower } from "./image-tower.ts";
import { CLIP_PIXELS } from "./sizes.ts";
import { hubImageOnnx, hubSizes, hubTextOnnx } from "./testing-hub-clip.ts";
import { embedTokens, textTower } from "./text-tower.ts";

const tokenizer = WordTokenizer.fromTexts(["a photo of a screw with a scratch"]);
const { imageSizePx, numPositions } = hubSizes;
const headDim = hubSizes.dim / hubSizes.heads;

async function run(g: ReturnType<typeof graph>, feeds: Record<string, Tensor>) {
  const program = await compile(g);
  const out = await program.run(feeds);
  await program.dispose();
  return out;
}

function expectClose(got: Tensor, expected: Tensor, digits = 4) {
  expect(got.shape).toEqual(expected.shape);
  const [a, b] = [numbers(got), numbers(expected)];
  const worst = a.reduce((most, value, at) => Math.max(Number(most), Math.abs(Number(value) - Number(b[at]))), 0);
  expect(Number(worst)).toBeLessThan(10 ** -digits);
}

describe("towers as a hub exports them", () => {
  it("become ours with the same image embedding", async () => {
    const bytes = hubImageOnnx(5);
    const tower = imageTowerFrom(importOnnx(bytes), { headDim, brightness: "none", where: "test" });
    expect(tower.config).toMatchObject({
      kind: "vit",
      heads: 2,
      layers: 2,
      hidden: 48,
      imageSizePx,
      activation: "quick_gelu",
    });
    const pixels: Tensor = {
      dtype: "uint8",
      shape: [1, imageSizePx, imageSizePx, 3],
      data: Uint8Array.from({ length: imageSizePx ** 2 * 3 }, (_, at) => (at * 53) % 256),
    };
    const g = graph("ours");
    g.output(
      "embedding",
      imageTower(nn.scope(g, { weights: tower.weights }), g.input("pixels", pixels), tower.config).embedding,
    );
    const { mean, std } = CLIP_PIXELS;
    const normalized = Float32Array.from({ length: imageSizePx ** 2 * 3 }, (_, at) => {
      const [channel, pixel] = [Math.floor(at / imageSizePx ** 2), at % imageSizePx ** 2];
      return (Number(pixels.data[pixel * 3 + channel]) / 255 - mean[channel]!) / std[channel]!;
    });
    const theirs = await run(importOnnx(bytes), {
      pixel_values: { dtype: "float32", shape: [1, 3, imageSizePx, imageSizePx], data: normalized },
    });
    expectClose((await run(g, { pixels })).embedding!, theirs.image_embeds!);
  });

  it("become ours with the same text embedding", async () => {
    const bytes = hubTextOnnx(6, tokenizer.vocabularySize);
    const tower = textTowerFrom(importOnnx(bytes), { headDim, where: "test", tokenizer });
    const ids = BigInt64Array.from({ length: numPositions }, (_, at) => BigInt(1 + (at % 7)));
    const tokens: Tensor = { dtype: "int64", shape: [1, numPositions], data: ids };
    const g = graph("ours");
    const p = nn.scope(g, { weights: tower.weights });
    const x = embedTokens(p, g.input("tokens", tokens), tower.config);
    g.output("embedding", textTower(p, { x, end: g.constant([numPositions - 1], "int64") }, tower.config));
    const theirs = await run(importOnnx(bytes), { input_ids: tokens });
    expectClose((await run(g, { tokens })).embedding!, theirs.text_embeds!);
  });

  it("say what they miss", () => {
    const g = graph("other");
    g.output("y", op.add(g.input("x", { dtype: "float32", shape: [2] }), 1));
    expect(() => imageTowerFrom(g, { headDim: 64, brightness: "none", where: "other.onnx" })).toThrow(
      expect.objectContaining({ code: "DATA_NOT_A_CLIP", where: "other.onnx" }),
    );
  });
});

describe.runIf(hasShared)("a text tower that PyTorch exported", () => {
  it("gives PyTorch's output, of unit length, from our tower with its weights", async () => {
    const { inputs, expect: wanted } = JSON.parse(readFileSync(sharedPath("oracle/onnx/clip_text_tiny.json"), "utf8"));
    const [batch, length] = inputs.input.shape as [number, number];
    const file = importOnnx(readFileSync(sharedPath("oracle/onnx/clip_text_tiny.onnx")), { dims: { batch } });
    const held = (name: string) => file.parameters.get(name)!.tensor!;
    const turned = (name: string): Tensor => {
      const { shape, data } = held(name);
      const [rows, columns] = shape as [number, number];
      const flat = Float32Array.from(data as Float32Array, (_, at) =>
        Number(data[(at % rows) * columns + Math.floor(at / rows)]),
      );
      return { dtype: "float32", shape: [columns, rows], data: flat };
    };
    const weights = new Map<string, Tensor>([
      ["token_embedding.weight", held("emb.weight")],
      ["position_embedding", held("pos")],
      ["projection.weight", held("proj")],
      ["ln_final.weight", held("lnf.weight")],
      ["ln_final.bias", held("lnf.bias")],
    ]);
    for (const layer of [0, 1]) {
      const at = `blocks.${layer}.`;
      for (const part of ["weight", "bias"]) {
        weights
          .set(`${at}ln1.${part}`, held(`ln1.${layer}.${part}`))
          .set(`${at}ln2.${part}`, held(`ln2.${layer}.${part}`));
      }
      weights.set(`${at}attn.qkv.weight`, turned(`att.${layer}.in_proj_weight`));
      weights.set(`${at}attn.qkv.bias`, held(`att.${layer}.in_proj_bias`));
      weights.set(`${at}attn.proj.weight`, turned(`att.${layer}.out_proj.weight`));
      weights.set(`${at}attn.proj.bias`, held(`att.${layer}.out_proj.bias`));
      weights
        .set(`${at}mlp.fc1.weight`, turned(`up.${layer}.weight`))
        .set(`${at}mlp.fc1.bias`, held(`up.${layer}.bias`));
      weights
        .set(`${at}mlp.fc2.weight`, turned(`down.${layer}.weight`))
        .set(`${at}mlp.fc2.bias`, held(`down.${layer}.bias`));
    }
    const ids = (inputs.input.data as number[]).map(Number);
    const tokens: Tensor = { dtype: "int64", shape: [batch, length], data: BigInt64Array.from(ids, BigInt) };
    const ends = Array.from({ length: batch }, (_, row) => {
      const own = ids.slice(row * length, (row + 1) * length);
      return own.indexOf(Math.max(...own));
    });
    const config = {
      vocabularySize: 120,
      numPositions: 16,
      dim: 32,
      layers: 2,
      heads: 4,
      hidden: 128,
      activation: "quick_gelu" as const,
      embedDim: 24,
    };
    const g = graph("ours");
    const p = nn.scope(g, { weights });
    const x = embedTokens(p, g.input("tokens", tokens), config);
    g.output("y", nn.normalize(textTower(p, { x, end: g.constant(ends, "int64") }, config)));
    const { y } = await run(g, { tokens });
    const output: Tensor = {
      dtype: "float32",
      shape: wanted.output.shape,
      data: Float32Array.from(wanted.output.data),
    };
    expectClose(y!, output);
  });
});
