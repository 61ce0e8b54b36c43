import { readdirSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { parse } from "yaml";
import { parseRun } from "../../../packages/core/src/experiment/plan.ts";
import { expandPoints } from "../../../packages/core/src/search/expand.ts";
import { flatPoint, withPoint } from "../../../packages/core/src/search/point.ts";
import { searchSpace } from "../../../packages/core/src/search/space.ts";

/** One configuration that a file of this folder asks for, with its seeds. */
export interface SweepPoint {
  /** Name of the file. */
  sweep: string;
  /** What tells it from the other points of the file: "scheme PT-SFT-DFT". */
  point: string;
  recipe: string;
  params: Record<string, unknown>;
  seeds: readonly number[];
  /** What runs of this configuration have in common. */
  configKey: string;
}

export const sweepNames = readdirSync(import.meta.dirname)
  .filter((file) => file.endsWith(".yaml"))
  .map((file) => basename(file, ".yaml"));

export function pointsOf(sweep: string): SweepPoint[] {
  const { recipe, params = {}, search } = parse(readFileSync(join(import.meta.dirname, `${sweep}.yaml`), "utf8"));
  const space = searchSpace.parse(search.space);
  return [...expandPoints(space)].map(({ point, labels }) => {
    const values = Object.entries(flatPoint(point)).map(([path, value]) => `${path.split(".").at(-1)} ${text(value)}`);
    const whole = withPoint(params, point);
    return {
      sweep,
      point: Object.values(labels).join(", ") || values.join(", ") || "as given",
      recipe,
      params: whole,
      seeds: space.seeds,
      configKey: parseRun({ recipe, params: whole, seed: 0 }).configKey,
    };
  });
}

function text(value: unknown): string {
  return Array.isArray(value) ? value.join("-") : String(value);
}
