import { z } from "zod";

export interface TrainingDefaults {
  numSteps: number;
  batchSize: number;
  learningRate: number;
  warmupSteps: number;
  weightDecay?: number;
  checkpointEverySteps?: number;
}

/** What every training stage asks about its optimiser; the values left out are these defaults. */
export const trainingShape = ({
  numSteps,
  batchSize,
  learningRate,
  warmupSteps,
  weightDecay = 0,
  checkpointEverySteps = 500,
}: TrainingDefaults) => ({
  numSteps: z
    .int()
    .min(10)
    .max(1_000_000)
    .multipleOf(10)
    .default(numSteps)
    .describe("Optimiser steps; a multiple of 10"),
  batchSize: z.int().min(1).max(4096).default(batchSize).describe("Pictures (or texts) a step"),
  learningRate: z
    .number()
    .positive()
    .max(1)
    .default(learningRate)
    .describe("Highest learning rate; cosine decay to zero"),
  warmupSteps: z.int().min(0).default(warmupSteps).describe("Steps over which the learning rate rises from zero"),
  weightDecay: z
    .number()
    .min(0)
    .max(1)
    .default(weightDecay)
    .describe("AdamW's decoupled decay; norms, biases and positions take none"),
  maxGradNorm: z.number().positive().default(1).describe("Gradients are scaled down to this global L2 norm"),
  checkpointEverySteps: z.int().min(10).default(checkpointEverySteps).describe("Steps between resumable checkpoints"),
});
