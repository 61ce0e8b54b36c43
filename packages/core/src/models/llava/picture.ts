import type { PictureOptions } from "../../data/images.ts";
import type { LlavaConfig } from "./config.ts";

/** The model's own preprocessing: what its pictures were prepared by in training and must be in evaluation. */
export function pictureOptions({ picture, vision }: Pick<LlavaConfig, "picture" | "vision">): PictureOptions {
  // LLaVA truncates the mean colour to whole numbers.
  const background = vision.mean.map((mean) => Math.trunc(mean * 255)) as [number, number, number];
  return { ...picture, background };
}
