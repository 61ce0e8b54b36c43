export { fingerprintDataset } from "./data/loaders.ts";
export { stageRuns } from "./stages/runs.ts";
