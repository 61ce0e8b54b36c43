import { SpecError } from "@retort/core";
import type { SynthesisPreviewOptions } from "@retort/core/node";
import { completeParams, findRecipe } from "./parameters.ts";

/** The recipe's schema has read them. */
type Synthetic = Pick<SynthesisPreviewOptions, "data" | "synthesis" | "window"> & { detection: { sizePx: number } };

const NEEDED = ["data", "synthesis", "window", "detection"] as const;

/** @throws SpecError UNKNOWN_RECIPE, BAD_PARAMS, NO_SYNTHESIS; DataError for pictures that cannot be read here */
export async function previewRecipeSynthesis(request: {
  recipe: string;
  params: Record<string, unknown>;
  seed: number;
  numSamples: number;
}) {
  const params = completeParams(findRecipe(request.recipe), request.params);
  if (!hasSynthesis(params)) {
    throw new SpecError({
      code: "NO_SYNTHESIS",
      message: `The recipe "${request.recipe}" makes no synthetic anomalies`,
      expected: `a recipe with the parameters ${NEEDED.join(", ")}, such as clip-ada`,
      where: "recipe",
    });
  }
  // Decoding pictures loads native code, which no other page needs.
  const { previewSynthesis } = await import("@retort/core/node");
  const { data, synthesis, window, detection } = params;
  const { seed, numSamples } = request;
  const made = await previewSynthesis({
    data,
    synthesis,
    window,
    sizePx: detection.sizePx,
    seed,
    numSamples,
  });
  return made.map(({ png, ...preview }) => ({
    ...preview,
    image: `data:image/png;base64,${Buffer.from(png).toString("base64")}`,
  }));
}

function hasSynthesis(params: Record<string, unknown>): params is Record<string, unknown> & Synthetic {
  return NEEDED.every((key) => typeof params[key] === "object" && params[key] !== null);
}
