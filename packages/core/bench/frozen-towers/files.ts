import { renameSync, statSync, writeFileSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { numbers, type Tensor } from "@retort/engine";
import { compile, importFile } from "@retort/engine/node";
import { CLIP_PIXELS } from "../../src/models/clip/sizes.ts";
import { hubImageOnnx, hubTextOnnx, hubVocabulary } from "../../src/models/clip/testing-hub-clip.ts";
import { readText } from "../../src/models/clip/text-file.ts";
import { clipImport } from "../../src/stages/clip-import/definition.ts";
import { runClipImport } from "../../src/stages/clip-import/run.ts";
import { testContext } from "../../src/stages/testing-context.ts";
import { fileNames, mebibytes, type Part, sizesOf } from "./part.ts";

const VOCABULARY_SIZE = 49_408;

/** What a user has: two ONNX files of a hub and a list of byte pairs. Random weights. */
export const hub: Part = async ({ architecture, folder }) => {
  const { image, text } = sizesOf(architecture);
  writeFileSync(join(folder, fileNames.hubImage), hubImageOnnx(1, image));
  writeFileSync(join(folder, fileNames.hubText), hubTextOnnx(2, VOCABULARY_SIZE, text));
  writeFileSync(join(folder, fileNames.vocabulary), hubVocabulary());
  return { figures: fileSizes(folder, ["hubImage", "hubText"]), checks: [] };
};

/** The stage clip-import, which is told no more than the names of the files. */
export const towers: Part = async ({ architecture, folder }) => {
  const weights = {
    source: "onnx",
    image: join(folder, fileNames.hubImage),
    text: join(folder, fileNames.hubText),
    vocabulary: join(folder, fileNames.vocabulary),
  };
  const imported = testContext(clipImport, { params: { weights } });
  let config: unknown;
  // Moved and not read, which would count as the stage's memory.
  imported.context.artifact = async (name, path, meta) => {
    renameSync(path, join(folder, name === "tower" ? fileNames.tower : fileNames.text));
    if (name === "tower") ({ config } = meta!);
  };
  await runClipImport(imported.context);
  imported.remove();
  const wanted = { ...sizesOf(architecture).image, brightness: "shift" };
  const got = JSON.stringify(config, Object.keys(wanted));
  return {
    figures: fileSizes(folder, ["tower", "text"]),
    checks: [
      {
        what: "the published sizes are found in the file",
        got,
        holds: got === JSON.stringify(wanted, Object.keys(wanted)),
      },
    ],
  };
};

/** Do the imported towers give what the hub's own graphs give? */
export const embeddings: Part = async ({ architecture, folder, threads }) => {
  const run = async (name: keyof typeof fileNames, feeds: Record<string, Tensor>, output: string) => {
    const program = await compile(importFile(join(folder, fileNames[name])), { threads });
    const result = (await program.run(feeds, { only: [output] }))[output]!;
    await program.dispose();
    return numbers(result);
  };
  const { imageSizePx: side } = sizesOf(architecture).image;
  const { pixels, normalized } = picture(side);
  const image = furthest(
    await run("tower", { pixels: { dtype: "uint8", shape: [1, side, side, 3], data: pixels } }, "embedding"),
    await run(
      "hubImage",
      { pixel_values: { dtype: "float32", shape: [1, 3, side, side], data: normalized } },
      "image_embeds",
    ),
  );
  const { tokenizer, config } = readText(await readFile(join(folder, fileNames.text)), "text");
  const { numPositions } = config;
  const spelt = tokenizer.encode("a photo of a damaged object ".repeat(numPositions)).slice(0, numPositions - 2);
  const ids = [...tokenizer.startIds, ...spelt, tokenizer.eosId];
  const tokens: Tensor = { dtype: "int64", shape: [1, numPositions], data: BigInt64Array.from(ids, BigInt) };
  const end: Tensor = { dtype: "int64", shape: [1], data: BigInt64Array.of(BigInt(numPositions - 1)) };
  const text = furthest(
    await run("text", { tokens, end }, "embedding"),
    await run("hubText", { input_ids: tokens }, "text_embeds"),
  );
  const check = (what: string, value: number) => ({ what, got: value.toExponential(1), holds: value < 1e-4 });
  return {
    figures: [],
    checks: [
      check("the image tower gives the hub file's embedding, to 1e-4 of its largest number", image),
      check("the text tower likewise", text),
      {
        what: `${VOCABULARY_SIZE} ids`,
        got: `${config.vocabularySize}`,
        holds: config.vocabularySize === VOCABULARY_SIZE,
      },
    ],
  };
};

/**
 * A picture of noise, and the same as CLIP's own preprocessing hands it on. Every pixel has its complement, so that its brightness is
 * mid-grey already and shifting it changes nothing.
 */
function picture(side: number) {
  const size = side * side;
  const pixels = new Uint8Array(size * 3);
  for (let at = 0; at < pixels.length / 2; at++) pixels[at] = (at * 7919) % 251;
  for (let at = pixels.length / 2; at < pixels.length; at++) pixels[at] = 255 - pixels[pixels.length - 1 - at]!;
  const { mean, std } = CLIP_PIXELS;
  const normalized = Float32Array.from({ length: size * 3 }, (_, at) => {
    const [channel, pixel] = [Math.floor(at / size), at % size];
    return (pixels[pixel * 3 + channel]! / 255 - mean[channel]!) / std[channel]!;
  });
  return { pixels, normalized };
}

/** Largest difference, as a share of the largest number. */
function furthest(got: readonly number[], wanted: readonly number[]): number {
  const largest = wanted.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  return got.reduce((most, value, at) => Math.max(most, Math.abs(value - wanted[at]!)), 0) / largest;
}

function fileSizes(folder: string, names: readonly (keyof typeof fileNames)[]) {
  return names.map((name) => ({
    name: fileNames[name],
    value: mebibytes(statSync(join(folder, fileNames[name])).size),
    unit: "MiB",
  }));
}
