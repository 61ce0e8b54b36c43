export { stageRuns } from "./stages/runs.ts";
