import { expect, it } from "vitest";
import { z } from "zod";
import { listParameters } from "./parameters.ts";

it("lists nested parameters by dotted key with type, default and meaning", () => {
  const schema = z.strictObject({
    steps: z.int().min(1).max(100).default(10).describe("Steps of work"),
    lr: z.number().positive().default(0.1).describe("Peak rate"),
    load: z.enum(["busy", "idle"]).default("busy"),
    model: z.strictObject({ dim: z.int().positive().default(64).describe("Width") }).prefault({}),
    data: z
      .discriminatedUnion("adapter", [
        z.strictObject({ adapter: z.literal("scenes"), count: z.int().default(5) }),
        z.strictObject({ adapter: z.literal("files"), path: z.string() }),
        z.strictObject({
          adapter: z.literal("run"),
          run: z.uuid().meta({ runWith: { artifact: "model", of: ["vlm-sft"] } }),
        }),
      ])
      .default({ adapter: "scenes", count: 5 }),
    name: z.string().nullable().default(null),
  });
  const rows = listParameters(z.toJSONSchema(schema, { io: "input" }) as Record<string, unknown>);
  expect(rows.map(({ key, type, byDefault }) => [key, type, byDefault])).toEqual([
    ["steps", "integer 1..100", "10"],
    ["lr", "number > 0", "0.1"],
    ["load", "one of busy, idle", '"busy"'],
    ["model.dim", "integer > 0", "64"],
    ["data.adapter", '"scenes" or "files" or "run"', '"scenes"'],
    ["data.count", "integer", "5"],
    ["data.path", "string", null],
    ["data.run", "run with a model", null],
    ["name", "string or null", "null"],
  ]);
  expect(rows.filter(({ isRun }) => isRun).map(({ key }) => key)).toEqual(["data.run"]);
  expect(rows[0]!.description).toBe("Steps of work");
});
