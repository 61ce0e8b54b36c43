import type { SweepRequest } from "@retort/api";
import { parseDocument, stringify } from "yaml";

/** A sweep as the file that `retort sweep` takes. */
export function toYaml(request: SweepRequest): string {
  return stringify(request, { lineWidth: 100, flowCollectionPadding: true });
}

export type YamlReading = { request: Record<string, unknown>; problem: null } | { request: null; problem: string };

/** Reads such a file; the problem names the line. */
export function readYaml(text: string): YamlReading {
  const document = parseDocument(text, { prettyErrors: true });
  const [error] = document.errors;
  if (error !== undefined) return refuse(error.message.split("\n")[0]!.replace(/:$/, ""));
  const value: unknown = document.toJS();
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    return refuse("Expected a sweep: recipe, params, search.");
  }
  const request = value as Record<string, unknown>;
  if (typeof request.recipe !== "string") return refuse('The key "recipe" is missing.');
  if (typeof request.search !== "object" || request.search === null) return refuse('The key "search" is missing.');
  return { request, problem: null };
}

function refuse(problem: string): YamlReading {
  return { request: null, problem };
}
