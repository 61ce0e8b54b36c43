import { z } from "zod";
import { questionOrders } from "../train/question-order.ts";
import { type TrainingDefaults, trainingShape } from "./training-params.ts";

/** How a picture's questions are packed behind it. */
export const packingShape = {
  numTextTokens: z
    .int()
    .min(8)
    .max(4096)
    .default(48)
    .describe("Text tokens a picture: all its questions are packed into them"),
  questionOrder: z
    .enum(questionOrders)
    .default("open-first")
    .describe(
      "Which of a picture's questions are packed while they fit: open-first prefers those that yes or no cannot answer",
    ),
};

/** What a stage asks that learns questions packed behind a picture. */
export const packedTrainingShape = (defaults: TrainingDefaults) => ({
  ...trainingShape(defaults),
  ...packingShape,
  onTooLong: z
    .enum(["error", "skip"])
    .default("error")
    .describe("What a question longer than numTextTokens does: stop with an error, or be skipped, counted and listed"),
});
