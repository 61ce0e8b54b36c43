import { exportOnnx, graph, nn, numbers, type Tensor } from "@retort/engine";
import { compile } from "@retort/engine/node";
import { describe, expect, it } from "vitest";
import type { ImageTowerConfig, VitConfig } from "./config.ts";
import { imageTower } from "./image-tower.ts";
import { imageTowers } from "./sizes.ts";
import { randomTower, readTower, writeTower } from "./tower-file.ts";

const vit: VitConfig = {
  ...imageTowers["vit-b-16"],
  imageSizePx: 32,
  patchSizePx: 8,
  dim: 24,
  layers: 3,
  heads: 2,
  hidden: 48,
  embedDim: 10,
};

async function encode(config: ImageTowerConfig, pixels: Tensor, options: Parameters<typeof imageTower>[3]) {
  const g = graph("test");
  const input = g.input("pixels", pixels);
  const { weights } = randomTower(config, 3);
  const { layers, embedding } = imageTower(nn.scope(g, { weights }), input, config, options);
  for (const { layer, values } of layers) g.output(`layer${layer}`, values);
  g.output("embedding", embedding);
  const program = await compile(g);
  const out = await program.run({ pixels });
  await program.dispose();
  return { out, grids: layers.map(({ grid }) => grid) };
}

/** A picture with some structure, times and plus constants. */
function picture(shape: [number, number, number, number], gain = 1, offset = 0): Tensor {
  const [batch, height, width, channels] = shape;
  const data = Uint8Array.from(
    { length: batch * height * width * channels },
    (_, at) => offset + gain * ((at * 37) % 50),
  );
  return { dtype: "uint8", shape, data };
}

describe("imageTower", () => {
  it("gives the features of the layers asked for, in the joint space or not, at any size", async () => {
    const joint = await encode(vit, picture([2, 48, 32, 3]), { layers: [1, 3] });
    expect(joint.out.layer1!.shape).toEqual([2, 24, 10]);
    expect(joint.out.layer3!.shape).toEqual([2, 24, 10]);
    expect(joint.out.embedding!.shape).toEqual([2, 10]);
    expect(joint.grids).toEqual([
      { height: 6, width: 4 },
      { height: 6, width: 4 },
    ]);
    const own = await encode(vit, picture([1, 32, 32, 1]), { layers: [2], projected: false });
    expect(own.out.layer2!.shape).toEqual([1, 16, 24]);
    const small = await encode(imageTowers.tiny, picture([2, 48, 32, 3]), { layers: [4, 16] });
    expect(small.out.layer4!.shape).toEqual([2, 12 * 8, 32]);
    expect(small.out.layer16!.shape).toEqual([2, 3 * 2, 32]);
  });

  it("does not see an image's brightness where the configuration says so", async () => {
    const [one, other] = await Promise.all(
      [picture([1, 32, 32, 1]), picture([1, 32, 32, 1], 3, 60)].map((pixels) =>
        encode(imageTowers.tiny, pixels, { layers: [4] }),
      ),
    );
    numbers(one!.out.layer4!).forEach((value, at) => {
      expect(numbers(other!.out.layer4!)[at]).toBeCloseTo(value as number, 4);
    });
  });

  it("reads pixels in [0, 1] as it reads bytes", async () => {
    const bytes = picture([1, 32, 32, 3]);
    const floats: Tensor = {
      ...bytes,
      dtype: "float32",
      data: Float32Array.from(bytes.data as Uint8Array, (v) => v / 255),
    };
    const [a, b] = [await encode(vit, bytes, { layers: [3] }), await encode(vit, floats, { layers: [3] })];
    numbers(a.out.layer3!).forEach((value, at) => {
      expect(numbers(b.out.layer3!)[at]).toBeCloseTo(value as number, 5);
    });
  });

  it("names layers that are not there and sizes that do not fit", async () => {
    await expect(encode(vit, picture([1, 32, 32, 3]), { layers: [4] })).rejects.toMatchObject({
      code: "UNKNOWN_LAYER",
    });
    await expect(encode(imageTowers.tiny, picture([1, 40, 32, 3]), {})).rejects.toMatchObject({ code: "IMAGE_SIZE" });
  });
});

describe("tower file", () => {
  it.each([
    ["vit", vit],
    ["small", imageTowers.tiny],
  ] as const)("keeps the weights of a %s", (_, config) => {
    const tower = randomTower(config, 5);
    const back = readTower(writeTower(tower), "test");
    expect(back.config).toEqual(config);
    expect([...back.weights.keys()].sort()).toEqual([...tower.weights.keys()].sort());
    for (const [name, { data }] of tower.weights) expect(back.weights.get(name)!.data).toEqual(data);
  });

  it("starts from other weights with another seed", () => {
    const [a, b] = [randomTower(vit, 1), randomTower(vit, 2)];
    expect(a.weights.get("patch.weight")).not.toEqual(b.weights.get("patch.weight"));
  });

  it("refuses an ONNX file of another origin", () => {
    const g = graph("other");
    g.output("y", g.input("x", { dtype: "float32", shape: [1] }));
    expect(() => readTower(exportOnnx(g), "other.onnx")).toThrow(
      expect.objectContaining({ code: "DATA_OTHER_MODEL", where: "other.onnx" }),
    );
  });
});
