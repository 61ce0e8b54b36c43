import { z } from "zod";

/** A place that model files come from. */
export type Location =
  | { kind: "path"; path: string }
  /** `revision` is a branch, a tag or a commit. */
  | { kind: "hub"; id: string; revision: string };

const hubForm = /^hub:([\w.-]+\/[\w.-]+)(?:@([\w./-]+))?$/;

/** A path, or hub:<owner>/<name>@<revision>. */
export const locationText = z
  .string()
  .min(1)
  .refine(
    (text) => !text.startsWith("hub:") || hubForm.test(text),
    "expected hub:<owner>/<name> or hub:<owner>/<name>@<revision>",
  );

export const describedLocation = (what: string) =>
  locationText.describe(`${what}: a path on the worker's machine, or hub:<owner>/<name>@<revision>`);

/** Expects what locationText has let through. */
export function parseLocation(text: string): Location {
  const hub = hubForm.exec(text);
  return hub === null ? { kind: "path", path: text } : { kind: "hub", id: hub[1]!, revision: hub[2] ?? "main" };
}
