// [node]
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import type { DeclaredInput, Graph } from "@retort/engine";
import { importFile } from "@retort/engine/node";
import { DataError } from "../../base/errors.ts";
import { openFolder } from "../../data/sources/folder.ts";
import { ClipBpeTokenizer } from "../../data/tokenizers/clip-bpe.ts";
import { hubTokenizerFrom } from "../../data/tokenizers/files.ts";
import type { Tokenizer } from "../../data/tokenizers/tokenizer.ts";
import { imageTowerFrom, textTowerFrom } from "../../models/clip/hub-towers.ts";
import { imageTowers } from "../../models/clip/sizes.ts";
import { randomText, type TextTower, writeText } from "../../models/clip/text-file.ts";
import { textTowers } from "../../models/clip/text-sizes.ts";
import { type ImageTower, randomTower, writeTower } from "../../models/clip/tower-file.ts";
import type { StageContext } from "../stage.ts";
import type { ClipImportParams } from "./definition.ts";

export async function runClipImport(context: StageContext<ClipImportParams>): Promise<void> {
  const { params, seed } = context;
  const { weights, brightness } = params;
  const tokenizer = await tokenizerAt(weights.vocabulary, context);
  const { image, text } =
    weights.source === "onnx"
      ? await imported(weights, { tokenizer, brightness, context })
      : randomPair(weights.architecture, { tokenizer, brightness, seed });
  if (image.config.embedDim !== text.config.embedDim) throw otherSpaces(image, text);
  const towerPath = join(context.workDir, "tower.onnx");
  await writeFile(towerPath, writeTower(image));
  await context.artifact("tower", towerPath, { fileName: "tower.onnx", config: image.config });
  const textPath = join(context.workDir, "text.onnx");
  await writeFile(textPath, writeText(text));
  await context.artifact("text", textPath, { fileName: "text.onnx", config: text.config });
}

interface Surroundings {
  tokenizer: Tokenizer;
  brightness: ClipImportParams["brightness"];
}

async function imported(
  { image, text, imageSizePx, headDim }: Extract<ClipImportParams["weights"], { source: "onnx" }>,
  { tokenizer, brightness, context }: Surroundings & { context: StageContext<ClipImportParams> },
): Promise<{ image: ImageTower; text: TextTower }> {
  const sizes = { imageSizePx, numTokens: 77 };
  const [imagePath, textPath] = [await onnxAt(image, context), await onnxAt(text, context)];
  return {
    image: imageTowerFrom(graphAt(imagePath, sizes), { headDim, brightness, where: image }),
    text: textTowerFrom(graphAt(textPath, sizes), { headDim, where: text, tokenizer }),
  };
}

function randomPair(
  architecture: Extract<ClipImportParams["weights"], { source: "random" }>["architecture"],
  { tokenizer, brightness, seed }: Surroundings & { seed: number },
): { image: ImageTower; text: TextTower } {
  const config = { ...textTowers[architecture], vocabularySize: tokenizer.vocabularySize };
  return {
    image: randomTower({ ...imageTowers[architecture], brightness }, seed),
    text: randomText(config, tokenizer, seed),
  };
}

/** Reads an ONNX file whatever its dynamic dimensions are called: one picture, one text. */
function graphAt(path: string, sizes: { imageSizePx: number; numTokens: number }): Graph {
  const dims = (inputs: readonly DeclaredInput[]) => {
    const found: Record<string, number> = {};
    for (const { shape } of inputs) {
      const fitting = shape.length === 4 ? [1, 3, sizes.imageSizePx, sizes.imageSizePx] : [1, sizes.numTokens];
      for (const [axis, dim] of shape.entries()) if (typeof dim === "string") found[dim] ??= fitting[axis] ?? 1;
    }
    return found;
  };
  return importFile(path, { dims, trainable: () => false });
}

/** The path of the file that a location names. @throws DataError when it names a folder without one ONNX file. */
async function onnxAt(location: string, host: StageContext<ClipImportParams>): Promise<string> {
  const folder = await openFolder(location, host);
  const names =
    folder.named === null ? (await folder.names()).filter((name) => name.endsWith(".onnx")) : [folder.named];
  const path = names.length === 1 ? await folder.file(names[0]!) : null;
  if (path !== null) return path;
  throw new DataError({
    code: "DATA_FILE_MISSING",
    message: "The location does not name one ONNX file",
    expected: "a path of an .onnx file, or a folder with one",
    got: names.join(", ") || "none",
    where: location,
  });
}

async function tokenizerAt(location: string, host: StageContext<ClipImportParams>): Promise<Tokenizer> {
  const folder = await openFolder(location, host);
  if (folder.named === null || folder.named === "tokenizer.json") return hubTokenizerFrom(folder);
  const bytes = await readFile((await folder.file(folder.named))!);
  const text = (folder.named.endsWith(".gz") ? gunzipSync(bytes) : bytes).toString("utf8");
  return ClipBpeTokenizer.fromVocabulary(text, location);
}

function otherSpaces(image: ImageTower, text: TextTower): DataError {
  return new DataError({
    code: "DATA_OTHER_SPACES",
    message: "The two towers do not share a space",
    expected: `a text tower with embeddings of ${image.config.embedDim}`,
    got: `embeddings of ${text.config.embedDim}`,
    fix: "Take both towers from one model, exported with their projections.",
  });
}
