export { fingerprintDataset } from "./data/loaders.ts";
export {
  previewSynthesis,
  type SynthesisPreview,
  type SynthesisPreviewOptions,
} from "./methods/clip-ada/preview-synthesis.ts";
export { type Detection, type DetectionModel, openDetectionModel } from "./methods/detection/detection-model.ts";
export { heatPng, type KeptMap, keepMap, rangeOf } from "./methods/detection/heat-files.ts";
export { exportParts, type PartFile, type PartsDescription, type PartsOptions } from "./models/llava/export-parts.ts";
export { ancestors, type Lineage, modelCard } from "./models/llava/model-card.ts";
export { type LlavaModel, readModel } from "./models/llava/model-file.ts";
export { stageRuns } from "./stages/runs.ts";
