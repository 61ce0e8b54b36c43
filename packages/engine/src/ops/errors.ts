import { ModelError } from "../errors.ts";
import type { Node } from "../graph/graph.ts";

/** The error of a gradient that would be needed and is not written: names operator and node; grad() adds the path. */
export function missingGradient(node: Node, what = ""): ModelError {
  return new ModelError({
    code: "MISSING_GRADIENT",
    message: `${node.op}${what && ` with ${what}`} has no gradient rule`,
    where: `node "${node.name}"`,
    fix: "Stop the gradient before it (op.stopGradient), freeze what lies behind it, or write the rule in src/ops.",
  });
}
