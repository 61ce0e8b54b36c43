export { type Aupro, type AuproOptions, aupro, type ScoredMaps } from "./anomaly/aupro.ts";
export { auroc } from "./anomaly/auroc.ts";
export { averagePrecision } from "./anomaly/average-precision.ts";
export { f1Max } from "./anomaly/f1-max.ts";
export type { Scores } from "./anomaly/order-keys.ts";
export { type PixelScores, pixelScores } from "./anomaly/pixel-scores.ts";
export type { ScoredSamples } from "./anomaly/ranking.ts";
export { type ClusteredError, clusteredStandardError } from "./stats/clustered.ts";
export { studentHalfWidth } from "./stats/distributions.ts";
export {
  type BootstrapOptions,
  drawResamples,
  type Interval,
  type PairedTTest,
  type Pairs,
  pairedBootstrapInterval,
  pairedTInterval,
  pairedTTest,
} from "./stats/paired.ts";
export { type Summary, summarize } from "./stats/summary.ts";
export { type Wilcoxon, type WilcoxonOptions, wilcoxonSignedRank } from "./stats/wilcoxon.ts";
export {
  type VqaAccuracySet,
  type VqaPrediction,
  vqaAccuracy,
  vqaAccuracySet,
  vqaRecordAccuracy,
} from "./vqa/accuracy.ts";
export { type AnlsOptions, anls } from "./vqa/anls.ts";
export { type CircularRecord, type CircularScores, circular } from "./vqa/circular.ts";
export { gqa } from "./vqa/gqa.ts";
export {
  type MmeRecord,
  type MmeScores,
  type MmeTaskScores,
  mme,
  mmeCognitionTasks,
  mmePerceptionTasks,
  parseMmeAnswer,
} from "./vqa/mme.ts";
export { normalizeVqaAnswer, trimVqaAnswer } from "./vqa/normalize.ts";
export { type PopeRecord, type PopeScores, parsePopeAnswer, pope, type YesNo } from "./vqa/pope.ts";
export {
  parseScienceQaAnswer,
  type ScienceQaAnswer,
  type ScienceQaItem,
  type ScienceQaScores,
  scienceqa,
} from "./vqa/scienceqa.ts";
