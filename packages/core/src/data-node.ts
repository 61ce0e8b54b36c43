// [node] What the dashboard needs of the node half: data sets and what is made of them, and models as parts, without the code that
// trains.
export { fingerprintDataset } from "./data/loaders.ts";
export { previewSynthesis } from "./methods/clip-ada/preview-synthesis.ts";
export { exportParts } from "./models/llava/export-parts.ts";
export { ancestors, modelCard } from "./models/llava/model-card.ts";
export { readModel } from "./models/llava/model-file.ts";
