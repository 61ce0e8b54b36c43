// [node] What the dashboard needs of the node half: data sets and what is made of them, without the code that trains.
export { fingerprintDataset } from "./data/loaders.ts";
export { previewSynthesis } from "./methods/clip-ada/preview-synthesis.ts";
