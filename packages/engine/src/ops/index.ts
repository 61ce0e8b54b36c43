import type { OpDefinition } from "./definition.ts";

/** Every operator the engine knows, by ONNX name. */
export const ops: Readonly<Record<string, OpDefinition>> = {};
