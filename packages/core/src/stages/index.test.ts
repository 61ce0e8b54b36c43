import { describe, expect, it } from "vitest";
import { z } from "zod";
import { isStageKind, stages } from "./index.ts";
import { stageRuns } from "./runs.ts";
import type { StageDefinition } from "./stage.ts";

const kinds: [string, StageDefinition][] = Object.entries(stages);

describe.each(kinds)("stage kind %s", (kind, definition) => {
  it("stands under its own name, with a version and a title", () => {
    expect(definition.kind).toBe(kind);
    expect(kind).toMatch(/^[a-z][a-z0-9]*(-[a-z0-9]+)*$/);
    expect(definition.version).toBeGreaterThanOrEqual(1);
    expect(definition.title).not.toBe("");
  });

  it("describes what it takes and leaves", () => {
    for (const { description } of [...Object.values(definition.inputs), ...Object.values(definition.outputs)]) {
      expect(description).not.toBe("");
    }
  });

  it("refuses parameters that it does not know, and has a JSON schema for forms", () => {
    expect(definition.params.safeParse({ noSuchParameter: 1 }).success).toBe(false);
    expect(z.toJSONSchema(definition.params, { io: "input" })).toMatchObject({
      type: "object",
      additionalProperties: false,
    });
  });

  it("can be run", async () => {
    expect(isStageKind(kind)).toBe(true);
    if (isStageKind(kind)) expect(await stageRuns[kind]()).toBeTypeOf("function");
  });
});

describe("isStageKind", () => {
  it("does not take what objects inherit for a kind", () => {
    expect(isStageKind("constructor")).toBe(false);
  });
});
