/** The engine's Node entry: what runs graphs with onnxruntime-node, and what reads files. */
export { type BatchedOptions, type BatchedProgram, batched } from "./runtime/batched-program.ts";
export { importFile } from "./runtime/import-file.ts";
export { type CompileOptions, compile, type Program } from "./runtime/program.ts";
export { knownProviders, type Provider, providers, type SessionSettings } from "./runtime/providers.ts";
export { decodeSnapshot, encodeSnapshot, type Snapshot } from "./runtime/snapshot.ts";
export { compileTrainStep, type StepReport, type TrainStep, type TrainStepOptions } from "./runtime/train-program.ts";
