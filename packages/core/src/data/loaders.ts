// [node]
import { z } from "zod";
import { canonicalJson } from "../base/canonical-json.ts";
import { SpecError } from "../base/errors.ts";
import { sha256Hex } from "../base/hash.ts";
import { ANOMALY_DATA } from "./anomaly/choice.ts";
import { fingerprintAnomalyData } from "./anomaly/loaders.ts";
import { fingerprintBenchmarks } from "./benchmarks/loaders.ts";
import { BENCHMARK_DATA } from "./benchmarks/question.ts";
import { CAPTION_DATA } from "./captions/choice.ts";
import { fingerprintCaptions } from "./captions/loaders.ts";
import type { DataReference } from "./choice.ts";
import { cifarQuestionsLoader } from "./cifar/cifar-questions-loader.ts";
import type { DatasetLoader, VqaData } from "./dataset.ts";
import { easyVqaLoader } from "./easy-vqa-loader.ts";
import { type DatasetName, datasets, isDatasetName } from "./index.ts";
import { fingerprintConversations } from "./llava-json/conversation-file.ts";
import { LLAVA_JSON_DATA } from "./llava-json/params.ts";
import { fingerprintLocation } from "./sources/folder.ts";
import { modelFiles } from "./sources/model-files.ts";
import { scenesLoader } from "./synthetic/scenes-loader.ts";

type ParamsOf<Name extends DatasetName> = z.infer<(typeof datasets)[Name]["params"]>;

/** The [node] halves of the adapters: params have been parsed by the definition's schema. */
export const datasetLoaders = {
  scenes: scenesLoader,
  "easy-vqa": easyVqaLoader,
  "cifar-questions": cifarQuestionsLoader,
} satisfies { [Name in DatasetName]: DatasetLoader<ParamsOf<Name>> };

/**
 * Hash of the data set's content, for content keys; reads no image.
 * @throws SpecError for an unknown adapter or wrong parameters, DataError when the data is not there.
 */
export function fingerprintDataset(reference: DataReference): Promise<string> {
  if (reference.adapter === ANOMALY_DATA) return fingerprintAnomalyData(reference.params);
  if (reference.adapter === BENCHMARK_DATA) return fingerprintBenchmarks(reference.params.benchmarks);
  if (reference.adapter === LLAVA_JSON_DATA) return fingerprintConversations(reference.params);
  if (reference.adapter === modelFiles.name) return fingerprintFiles(modelFiles.params.parse(reference.params));
  if (reference.adapter === CAPTION_DATA) return fingerprintCaptions(reference.params);
  const { loader, params } = resolve(reference);
  return loader.fingerprint(params);
}

async function fingerprintFiles({ locations, data }: z.infer<typeof modelFiles.params>): Promise<string> {
  const parts: string[] = [];
  for (const location of locations) parts.push(await fingerprintLocation(location));
  for (const reference of data) parts.push(await fingerprintDataset(reference));
  return sha256Hex(canonicalJson(parts));
}

/** @throws SpecError for an unknown adapter or wrong parameters, DataError for data that cannot be used. */
export function loadDataset(reference: DataReference, signal: AbortSignal): Promise<VqaData> {
  const { loader, params } = resolve(reference);
  return loader.load(params, signal);
}

function resolve({ adapter, params }: DataReference): { loader: DatasetLoader<unknown>; params: unknown } {
  if (!isDatasetName(adapter)) {
    throw new SpecError({
      code: "UNKNOWN_DATASET",
      message: "There is no such data set adapter",
      expected: Object.keys(datasets).join(", "),
      got: adapter,
    });
  }
  const parsed = datasets[adapter].params.safeParse(params);
  if (!parsed.success) {
    throw new SpecError({
      code: "BAD_DATASET_PARAMS",
      message: `The parameters of the data set ${adapter} are wrong`,
      got: z.prettifyError(parsed.error),
      where: `data set ${adapter}`,
    });
  }
  // The table pairs each loader with its own schema; the index by a union of names loses that.
  return { loader: datasetLoaders[adapter] as DatasetLoader<unknown>, params: parsed.data };
}
