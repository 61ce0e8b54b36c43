import { z } from "zod";
import { jsonObject } from "../contract/json.ts";
import { previewRecipeSynthesis } from "../synthesis-preview.ts";
import { procedure, router } from "../trpc.ts";

export const previewsRouter = router({
  /** Synthetic anomalies as training with these parameters would see them, of recipes that make any. */
  synthesis: procedure
    .input(
      z.strictObject({
        recipe: z.string().min(1),
        params: jsonObject.default({}),
        seed: z.int().min(0).default(0),
        numSamples: z.int().min(1).max(24).default(8),
      }),
    )
    .output(
      z.array(
        z.object({
          category: z.string(),
          /** What was done; empty where the window stayed normal. */
          kinds: z.array(z.string()),
          areaFraction: z.number(),
          /** data:image/png: the window before, after with the defect outlined, and the mask. */
          image: z.string(),
        }),
      ),
    )
    .query(({ input }) => previewRecipeSynthesis(input)),
});
