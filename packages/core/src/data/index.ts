import { cifarQuestions } from "./cifar/cifar-questions.ts";
import { easyVqa } from "./easy-vqa.ts";
import { scenes } from "./synthetic/scenes.ts";

/** The adapters, by name. To add one: its definition here, its loader in loaders.ts. */
export const datasets = {
  scenes,
  "easy-vqa": easyVqa,
  "cifar-questions": cifarQuestions,
} as const;

export type DatasetName = keyof typeof datasets;

export function isDatasetName(name: string): name is DatasetName {
  return Object.hasOwn(datasets, name);
}
