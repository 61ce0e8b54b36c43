/** The engine's Node entry: what runs graphs with onnxruntime-node. */
export { type CompileOptions, compile, type Program } from "./runtime/program.ts";
export { knownProviders, type Provider, providers, type SessionSettings } from "./runtime/providers.ts";
export { decodeSnapshot, encodeSnapshot, type Snapshot } from "./runtime/snapshot.ts";
export { compileTrainStep, type StepReport, type TrainStep, type TrainStepOptions } from "./runtime/train-program.ts";
