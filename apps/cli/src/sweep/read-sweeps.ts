import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { extname, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import type { SweepRequest } from "@retort/api";
import type { Retort } from "@retort/api/client";
import { CliError, usageError } from "../cli-error.ts";

/** A sweep with where it was read, for messages. */
export interface SourcedSweep {
  source: string;
  request: SweepRequest;
}

/**
 * The sweeps that a source names: a YAML, JSON or TypeScript file with one or several, or one that a recipe brings
 * ("llava-kd:schemes"). All give the same object; what it may hold, the server checks.
 * @throws CliError for a source that is neither, and for a file that holds no sweep
 */
export async function readSweeps(retort: Retort, source: string): Promise<SourcedSweep[]> {
  if (!existsSync(source)) return [{ source, request: await sweepOfRecipe(retort, source) }];
  const held = await load(source);
  const found = sweepsIn(held);
  if (found.length > 0) return found.map((request) => ({ source, request }));
  throw usageError(
    `${source} holds no sweep`,
    "Expected { recipe, search, ... }, or several in a list named sweeps; examples/sweep.yaml shows one",
  );
}

async function load(path: string): Promise<unknown> {
  const type = extname(path);
  if (type === ".yaml" || type === ".yml") {
    const { parse, YAMLParseError } = await import("yaml");
    try {
      return parse(await readFile(path, "utf8"));
    } catch (error) {
      if (error instanceof YAMLParseError) throw usageError(`${path}: ${error.message}`);
      throw error;
    }
  }
  if (type === ".json") {
    try {
      return JSON.parse(await readFile(path, "utf8"));
    } catch (error) {
      throw usageError(`${path}: ${(error as Error).message}`);
    }
  }
  if ([".ts", ".mts", ".js", ".mjs"].includes(type)) {
    const { tsImport } = await import("tsx/esm/api");
    return tsImport(pathToFileURL(resolve(path)).href, import.meta.url);
  }
  throw usageError(`${path}: a sweep is read from .yaml, .json, .ts or .js`);
}

/** One sweep, a list of them, or a file or module that names one "sweep" or several "sweeps". */
function sweepsIn(held: unknown): SweepRequest[] {
  if (Array.isArray(held)) return held.flatMap(sweepsIn);
  if (typeof held !== "object" || held === null) return [];
  if ("recipe" in held) return [held as SweepRequest];
  const parts = held as Record<string, unknown>;
  const named = ["sweep", "sweeps"].flatMap((name) => (name in parts ? sweepsIn(parts[name]) : []));
  // A module that is no ES module holds its exports once more, as its default.
  return named.length > 0 ? named : sweepsIn(parts.default);
}

async function sweepOfRecipe(retort: Retort, source: string): Promise<SweepRequest> {
  const [recipe = "", name] = source.split(":");
  if (name === undefined) throw usageError(`There is no file ${source}`, "A recipe's own sweep is named recipe:sweep");
  const { sweeps } = await retort.recipes.get.query({ name: recipe });
  const found = sweeps.find((sweep) => sweep.name === name);
  if (found !== undefined) return found.request as SweepRequest;
  const names = sweeps.map((sweep) => `${recipe}:${sweep.name}`).join(", ") || "none";
  throw new CliError(`The recipe ${recipe} brings no sweep "${name}"`, { fix: `It brings: ${names}` });
}
