import type { SweepRequest } from "@retort/api";
import type { Field } from "../../launch/form/field.ts";
import { filled } from "../../launch/form/filled.ts";
import { readSeeds } from "../../launch/form/seeds.ts";
import { changesFrom, isGroup, valueAt, withValueAt } from "../../launch/form/value.ts";
import { dimensionsOf, type SpaceJson } from "./space-edit.ts";

/** How a sweep searches, as its form holds it: complete, in the shape of the schema that sweeps.options gives. */
export type SettingsJson = Record<string, unknown>;

/** A sweep while somebody edits it. */
export interface SweepDraft {
  name: string;
  project: string | undefined;
  /** Complete; what varies has its value here too, for the day it no longer varies. */
  params: unknown;
  space: SpaceJson;
  /** By name, as the sweep's file writes them. */
  ablations: Record<string, unknown>;
  constraints: string[];
  seedsText: string;
  settings: SettingsJson;
}

/** What a form needs to know of its recipe. */
export interface DraftContext {
  recipe: string;
  /** Of the parameters. */
  field: Field;
  defaults: unknown;
  /** Which end of the recipe's headline is better. */
  mode: "max" | "min";
  settingsField: Field;
  settingsDefaults: SettingsJson;
  /** Pruners that judge by a watched metric. */
  watchingPruners: readonly string[];
}

/** Settings that stand inside of `search` in a request; the others stand beside it. */
const searchKeys = ["sampler", "pruner", "mode", "seed", "maxPoints", "population"];

/** Points that a sampler without an end draws until somebody says another number. */
const firstBudget = 20;

/** Settings with what others of them cannot do without: a budget where nothing else ends the search, a metric to watch where a pruner judges by one. */
export function withNeeded(
  settings: SettingsJson,
  { watchingPruners }: Pick<DraftContext, "watchingPruners">,
): SettingsJson {
  const kindOf = (key: string) => valueAt(settings, [key, "kind"]);
  const needsBudget = kindOf("sampler") !== "grid" || settings.population !== null;
  const needsWatch = watchingPruners.includes(String(kindOf("pruner"))) || settings.population !== null;
  return {
    ...settings,
    ...(needsBudget && settings.maxPoints === null ? { maxPoints: firstBudget } : {}),
    ...(needsWatch && settings.watch === null
      ? { watch: { metric: "loss", mode: "min", stage: null, everySteps: 10 } }
      : {}),
  };
}

export function emptyDraft(context: DraftContext): SweepDraft {
  return {
    name: "",
    project: undefined,
    params: context.defaults,
    space: {},
    ablations: {},
    constraints: [],
    seedsText: "0",
    settings: { ...context.settingsDefaults, mode: context.mode },
  };
}

/** The request that a draft stands for, as short as it can be said: defaults are left out. Needs readable seeds. */
export function requestOf(draft: SweepDraft, context: DraftContext): SweepRequest {
  const varied = new Set(dimensionsOf(draft.space).map(({ path }) => path));
  const params = nested(changesFrom(context.defaults, draft.params).filter(({ path }) => !isUnder(path, varied)));
  const settings = Object.entries(changedSettings(draft.settings, context));
  return {
    recipe: context.recipe,
    ...(draft.name.trim() === "" ? {} : { name: draft.name.trim() }),
    ...(draft.project === undefined ? {} : { project: draft.project }),
    ...(isEmpty(params) ? {} : { params }),
    search: {
      space: {
        ...(isEmpty(draft.space) ? {} : { parameters: draft.space }),
        ...(isEmpty(draft.ablations) ? {} : { ablations: draft.ablations }),
        ...(draft.constraints.length === 0 ? {} : { constraints: draft.constraints }),
        seeds: readSeeds(draft.seedsText).seeds ?? [0],
      },
      ...Object.fromEntries(settings.filter(([key]) => searchKeys.includes(key))),
    },
    ...Object.fromEntries(settings.filter(([key]) => !searchKeys.includes(key))),
  } as SweepRequest;
}

/** The draft that a request stands for. Takes what a file or an earlier sweep says; the server judges it. */
export function draftOf(request: Record<string, unknown>, context: DraftContext): SweepDraft {
  const search = record(request.search);
  const space = record(search.space);
  const seeds = Array.isArray(space.seeds) ? space.seeds : [0];
  const settings = Object.fromEntries(
    Object.keys(context.settingsDefaults).flatMap((key) => {
      const value = searchKeys.includes(key) ? search[key] : request[key];
      return value === undefined ? [] : [[key, value]];
    }),
  );
  return {
    name: text(request.name) ?? "",
    project: text(request.project),
    params: filled(context.field, context.defaults, request.params ?? {}),
    space: record(space.parameters) as SpaceJson,
    ablations: record(space.ablations),
    constraints: Array.isArray(space.constraints) ? space.constraints.map(String) : [],
    seedsText: seeds.join(", "),
    settings: filled(context.settingsField, context.settingsDefaults, settings) as SettingsJson,
  };
}

/** What differs from the defaults; of sampler and pruner, from the defaults of the kind that was chosen. */
function changedSettings(settings: SettingsJson, { settingsField, settingsDefaults }: DraftContext): SettingsJson {
  const changed = Object.entries(settings).flatMap(([key, value]) => {
    const initial = settingsDefaults[key];
    const kind = valueAt(value, ["kind"]);
    if (kind === undefined || settingsField.kind !== "object") {
      if (!isGroup(value) || !isGroup(initial)) return same(initial, value) ? [] : [[key, value] as const];
      const parts = nested(changesFrom(initial, value));
      return isEmpty(parts) ? [] : [[key, parts] as const];
    }
    const ofKind = filled(settingsField.fields[key]!, initial, { kind });
    const parts = nested(changesFrom(ofKind, value));
    return isEmpty(parts) && kind === valueAt(initial, ["kind"]) ? [] : [[key, { kind, ...parts }] as const];
  });
  return Object.fromEntries(changed);
}

function same(a: unknown, b: unknown): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}

function nested(changes: readonly { path: string; value: unknown }[]): Record<string, unknown> {
  return changes.reduce<unknown>((at, { path, value }) => withValueAt(at, path.split("."), value), {}) as Record<
    string,
    unknown
  >;
}

function isUnder(path: string, varied: ReadonlySet<string>): boolean {
  return path.split(".").some((_, index, keys) => varied.has(keys.slice(0, index + 1).join(".")));
}

function record(value: unknown): Record<string, unknown> {
  return isGroup(value) ? value : {};
}

function text(value: unknown): string | undefined {
  return typeof value === "string" ? value : undefined;
}

function isEmpty(value: object): boolean {
  return Object.keys(value).length === 0;
}
