import { ShapeError } from "../errors.ts";
import type { Call, OpDefinition } from "../ops/definition.ts";

/** @throws ShapeError when a call lacks a required input or has too many. */
export function checkInputs(definition: OpDefinition, call: Call): void {
  const { inputs } = call;
  // The common case first: as many inputs as there are arguments, none left out.
  if (inputs.length === definition.inputs.length && !inputs.includes(null)) return;
  const variadic = definition.inputs.at(-1)?.endsWith("...") ?? false;
  const tooMany = !variadic && inputs.length > definition.inputs.length;
  const missing = definition.inputs.find((name, i) => !name.endsWith("?") && !name.endsWith("...") && !inputs[i]);
  if (tooMany || missing !== undefined || (variadic && inputs.length < definition.inputs.length)) {
    throw arityError(
      call,
      `inputs ${definition.inputs.join(", ")}`,
      missing ? `no ${missing}` : `${inputs.length} inputs`,
    );
  }
}

export function arityError(call: Call, expected: string, got: string): ShapeError {
  const where = `node "${call.nodeName}"`;
  return new ShapeError({
    code: "ARITY",
    message: `${call.op} is called with a wrong number of arguments`,
    expected,
    got,
    where,
  });
}
