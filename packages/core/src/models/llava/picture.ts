import { z } from "zod";
import type { PictureOptions } from "../../data/images.ts";
import { type LlavaConfig, pictureConfig } from "./config.ts";

/** As the options of a batch producer carry it to the prefetch thread. */
export const pictureOptionsParam: z.ZodType<PictureOptions> = z.strictObject({
  fit: pictureConfig.shape.fit.unwrap(),
  kernel: pictureConfig.shape.kernel.unwrap(),
  background: z.tuple([z.number(), z.number(), z.number()]).readonly(),
});

/** The model's own preprocessing: what its pictures were prepared by in training and must be in evaluation. */
export function pictureOptions({ picture, vision }: Pick<LlavaConfig, "picture" | "vision">): PictureOptions {
  // LLaVA truncates the mean colour to whole numbers.
  const background = vision.mean.map((mean) => Math.trunc(mean * 255)) as [number, number, number];
  return { ...picture, background };
}
