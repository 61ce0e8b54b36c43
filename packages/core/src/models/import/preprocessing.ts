// [node]
import { z } from "zod";
import { DataError } from "../../base/errors.ts";
import { readJson, type SourceFolder } from "../../data/sources/folder.ts";

const channels = z.tuple([z.number(), z.number(), z.number()]);
const form = z.looseObject({ image_mean: channels, image_std: channels });

/** Mean and deviation of preprocessor_config.json; nothing where there is no such file. */
export async function preprocessingOf(
  folder: SourceFolder,
): Promise<{ mean?: [number, number, number]; std?: [number, number, number] }> {
  const path = await folder.file("preprocessor_config.json");
  if (path === null) return {};
  const parsed = form.safeParse(await readJson(path));
  if (parsed.success) return { mean: parsed.data.image_mean, std: parsed.data.image_std };
  throw new DataError({
    code: "DATA_BAD_MODEL_CONFIG",
    message: "A model's preprocessing lacks what is needed",
    expected: "image_mean and image_std, three numbers each",
    got: z.prettifyError(parsed.error),
    where: path,
  });
}
