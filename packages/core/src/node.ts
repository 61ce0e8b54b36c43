export { fingerprintDataset } from "./data/loaders.ts";
export { type Detection, type DetectionModel, openDetectionModel } from "./methods/detection/detection-model.ts";
export { heatPng, type KeptMap, keepMap, rangeOf } from "./methods/detection/heat-files.ts";
export { stageRuns } from "./stages/runs.ts";
