import { imageTowers } from "../../src/models/clip/sizes.ts";
import { textTowers } from "../../src/models/clip/text-sizes.ts";
import type { Figure } from "../figures/figure.ts";

/** A published architecture as it is used. */
export interface Architecture {
  /** Of the tables of towers. */
  tower: "vit-b-16" | "vit-l-14-336";
  /** Width and height of windows and pictures; positions are interpolated where the tower was made for another size. */
  sizePx: number;
  /** Blocks whose patches are compared with the prompts. */
  layers: number[];
  /** Blocks of either tower; default: as published. */
  blocks?: number;
}

/** Sizes of the two towers. */
export function sizesOf({ tower, blocks }: Architecture) {
  const cut = blocks === undefined ? {} : { layers: blocks };
  return { image: { ...imageTowers[tower], ...cut }, text: { ...textTowers[tower], ...cut } };
}

export interface Job {
  architecture: Architecture;
  /** Where parts leave their files for those after them. */
  folder: string;
  threads: number;
}

export interface Check {
  what: string;
  /** What was found, for whoever reads that it does not hold. */
  got: string;
  holds: boolean;
}

export interface Findings {
  figures: Figure[];
  checks: Check[];
}

/** One step of the way from a hub's files to a detected picture. */
export type Part = (job: Job) => Promise<Findings>;

/** Files by which parts know each other's work. */
export const fileNames = {
  hubImage: "vision_model.onnx",
  hubText: "text_model.onnx",
  vocabulary: "bpe.txt",
  tower: "tower.onnx",
  text: "text.onnx",
  checkpoint: "checkpoint.bin",
  trainedTower: "trained-tower.onnx",
  model: "model.onnx",
} as const;

/** Of this process and all its threads so far; other work on the machine changes it little. */
export function processorSeconds(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
}

export const mebibytes = (bytes: number): number => Math.round(bytes / 2 ** 20);

/** To three digits. */
export const rounded = (value: number): number => Number(value.toPrecision(3));
