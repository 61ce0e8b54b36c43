import { z } from "zod";
import { canonicalJson } from "../base/canonical-json.ts";
import { withDefaultVariants } from "../base/default-variants.ts";
import { SpecError } from "../base/errors.ts";
import { recipes } from "../recipes/index.ts";
import type { RecipeDefinition } from "../recipes/recipe.ts";
import { stages } from "../stages/index.ts";
import {
  type DataReference,
  type EarlierStage,
  isEarlier,
  type Resources,
  type StageDefinition,
  type StageSpec,
} from "../stages/stage.ts";
import { configKey, contentKey, engineNumerics, type KeyParts } from "./key.ts";

/** An output of another stage of the plan. */
export interface PlannedInput {
  name: string;
  sourceContentKey: string;
  artifactName: string;
}

/** A stage as it is written to the database. Two planned stages with one content key are the same work. */
export interface PlannedStage {
  /** Unique within its run. */
  name: string;
  kind: string;
  kindVersion: number;
  /** Parsed by the kind's schema, defaults filled in. */
  params: Record<string, unknown>;
  seed: number;
  contentKey: string;
  keyParts: KeyParts;
  dataFingerprint: string | null;
  resources: Resources;
  /** It runs within a worker, and takes no share of its machine. */
  light?: true;
  inputs: PlannedInput[];
  /** Where its first attempt goes on from; absent to begin at the start. */
  fork?: CheckpointReference;
}

/** A checkpoint of another stage. */
export interface CheckpointReference {
  sha256: string;
  step: number;
  sizeBytes: number;
}

/** How a stage of a run differs from what its recipe alone would give. */
export interface StageVariant {
  /** Executes it anew, though its result exists: the n-th repetition. */
  repeat?: number;
  /** Begins from a checkpoint of another stage of the kind. */
  fork?: CheckpointReference;
}

/** Stage's name -> how it differs; what depends on it differs by its input. */
export type StageVariants = Readonly<Record<string, StageVariant>>;

/** Fingerprints of data sets by dataKey(reference). */
export type Fingerprints = ReadonlyMap<string, string>;

/** Stages of earlier runs by earlierKey(stage). */
export type EarlierStages = ReadonlyMap<string, PlannedStage>;

/** What planRun() has to be told, as far as it is known. */
export interface PlanFacts {
  fingerprints: Map<string, string>;
  earlier: Map<string, PlannedStage>;
}

/** Who knows it. */
export interface PlanSources {
  fingerprint(reference: DataReference): Promise<string>;
  /** @throws SpecError when the run has no such stage, or one that has not succeeded */
  earlierStage(stage: EarlierStage): Promise<PlannedStage>;
}

export interface RunRequest {
  /** Name in the table of recipes. */
  recipe: string;
  /** As the user gave them; the recipe's schema fills in the rest. */
  params: unknown;
  seed: number;
}

/** A request with its parameters complete. */
export interface ParsedRun {
  recipe: string;
  params: Record<string, unknown>;
  configKey: string;
  specs: StageSpec[];
  /** Stages of earlier runs that it takes as they are. */
  earlier: EarlierStage[];
}

/** One text for one data set, whatever the order of its parameters. */
export function dataKey(reference: DataReference): string {
  return canonicalJson(reference);
}

/** One text for one stage of an earlier run, whatever it is called in the run that takes it. */
export function earlierKey({ run, stage, artifact }: EarlierStage): string {
  return canonicalJson({ run, stage, artifact });
}

/**
 * The stages of a run, each after those that it needs. Pure: fingerprints of the data sets and stages of earlier runs come from outside,
 * learnFacts() asks for them.
 * @throws SpecError for an unknown recipe, parameters that its schema refuses, a DAG that does not hold together, a missing fact.
 */
export function planRun(request: PlanRequest): PlannedStage[] {
  const { fingerprints, variants, scope } = request;
  const { specs, earlier } = parseRun(request);
  const taken = earlier.map((stage): PlannedStage => {
    const found = request.earlier?.get(earlierKey(stage));
    if (found !== undefined) return { ...found, name: stage.name };
    throw new SpecError({
      code: "MISSING_EARLIER_STAGE",
      message: "The plan needs a stage of an earlier run",
      got: earlierKey(stage),
      where: stage.name,
    });
  });
  return planStages(specs, { definitions: stages, fingerprints, variants, scope, earlier: taken });
}

interface PlanRequest extends RunRequest, Omit<PlanTables, "definitions" | "earlier"> {
  /** Left out: there are none to take. */
  earlier?: EarlierStages;
}

/**
 * Asks for what planRun() needs to know of this request and nobody has asked for yet.
 * @throws SpecError as parseRun(); whatever the sources throw
 */
export async function learnFacts(request: RunRequest, facts: PlanFacts, sources: PlanSources): Promise<void> {
  for (const reference of requiredData(request)) {
    const key = dataKey(reference);
    if (!facts.fingerprints.has(key)) facts.fingerprints.set(key, await sources.fingerprint(reference));
  }
  for (const stage of parseRun(request).earlier) {
    const key = earlierKey(stage);
    if (!facts.earlier.has(key)) facts.earlier.set(key, await sources.earlierStage(stage));
  }
}

/** The data sets whose fingerprints planRun() will ask for. */
export function requiredData(request: RunRequest): DataReference[] {
  const references = new Map<string, DataReference>();
  for (const spec of parseRun(request).specs) {
    const definition = lookUp<StageDefinition>(stages, { name: spec.kind, what: "stage kind", where: spec.name });
    const reference = definition.data(parseParams(definition.params, spec.params, spec.name));
    if (reference !== null) references.set(dataKey(reference), reference);
  }
  return [...references.values()];
}

/** @throws SpecError for an unknown recipe or for parameters that its schema refuses. */
export function parseRun({ recipe, params, seed }: RunRequest): ParsedRun {
  const definition = lookUp<RecipeDefinition>(recipes, { name: recipe, what: "recipe" });
  const given = isPlain(params) ? withDefaultVariants(definition.params, params) : params;
  const parsed = plainObject(parseParams(definition.params, given, recipe), recipe);
  const nodes = definition.stages(parsed, seed);
  return {
    recipe,
    params: parsed,
    configKey: configKey(recipe, parsed),
    specs: nodes.filter((node): node is StageSpec => !isEarlier(node)),
    earlier: nodes.filter(isEarlier),
  };
}

interface PlanTables {
  definitions: Readonly<Record<string, StageDefinition>>;
  fingerprints: Fingerprints;
  variants?: StageVariants | undefined;
  /** Project that keeps its results to itself: no other finds its stages, and it finds none of theirs. */
  scope?: string | undefined;
  /** Stages of earlier runs under the names that the specs know them by; whoever gives them has seen their outputs. */
  earlier?: readonly PlannedStage[];
}

/** What planRun() does once the recipe has given its stages. @throws SpecError UNKNOWN_STAGE for a variant of a stage that is not there */
export function planStages(specs: readonly StageSpec[], tables: PlanTables): PlannedStage[] {
  const names = specs.map(({ name }) => name);
  for (const name of Object.keys(tables.variants ?? {})) {
    if (!names.includes(name)) throw unknownName(names, { name, what: "stage" });
  }
  const planned = new Map((tables.earlier ?? []).map((stage) => [stage.name, stage]));
  for (const spec of sortByDependency(specs, planned)) planned.set(spec.name, planStage(spec, planned, tables));
  return [...planned.values()];
}

function planStage(spec: StageSpec, planned: ReadonlyMap<string, PlannedStage>, tables: PlanTables): PlannedStage {
  const definition = lookUp(tables.definitions, { name: spec.kind, what: "stage kind", where: spec.name });
  const parsed = parseParams(definition.params, spec.params, spec.name);
  const params = plainObject(parsed, spec.name);
  const required = Object.keys(definition.inputs).filter((name) => !definition.inputs[name]!.optional);
  if (required.some((name) => spec.inputs[name] === undefined)) {
    throw new SpecError({
      code: "MISSING_INPUT",
      message: `Stage "${spec.name}" lacks an input that the kind "${spec.kind}" needs`,
      expected: required.join(", "),
      got: Object.keys(spec.inputs).join(", ") || "none",
      where: spec.name,
    });
  }
  const inputs = Object.entries(spec.inputs).map(([name, { stage, artifact }]): PlannedInput => {
    const where = `${spec.name}.inputs.${name}`;
    lookUp(definition.inputs, { name, what: "input", where });
    const source = planned.get(stage)!;
    if (!tables.earlier?.includes(source)) {
      const outputs = Object.entries(tables.definitions[source.kind]!.outputs).filter(([, { optional }]) => !optional);
      lookUp(Object.fromEntries(outputs), { name: artifact, what: `output of stage "${stage}"`, where });
    }
    return { name, sourceContentKey: source.contentKey, artifactName: artifact };
  });
  const dataFingerprint = fingerprintOf(definition.data(parsed), tables.fingerprints, spec.name);
  const { repeat, fork } = tables.variants?.[spec.name] ?? {};
  const keyParts: KeyParts = {
    kind: spec.kind,
    kindVersion: definition.version,
    params,
    inputs: Object.fromEntries(
      inputs.map(({ name, sourceContentKey, artifactName }) => [
        name,
        { contentKey: sourceContentKey, artifact: artifactName },
      ]),
    ),
    dataFingerprint,
    seed: spec.seed,
    engine: engineNumerics,
    ...(tables.scope === undefined ? {} : { scope: tables.scope }),
    ...(repeat === undefined ? {} : { repeat }),
    ...(fork === undefined ? {} : { fork: { sha256: fork.sha256, step: fork.step } }),
  };
  return {
    name: spec.name,
    kind: spec.kind,
    kindVersion: definition.version,
    params,
    seed: spec.seed,
    contentKey: contentKey(keyParts),
    keyParts,
    dataFingerprint,
    resources: definition.resources(parsed),
    ...(definition.light === true ? { light: true } : {}),
    inputs,
    ...(fork === undefined ? {} : { fork }),
  };
}

/** Kahn's order, keeping the recipe's own order where it may; `finished` are there from the start. */
function sortByDependency(specs: readonly StageSpec[], finished: ReadonlyMap<string, PlannedStage>): StageSpec[] {
  const byName = new Map<string, StageSpec>();
  for (const spec of specs) {
    if (byName.has(spec.name) || finished.has(spec.name)) {
      throw new SpecError({ code: "DUPLICATE_STAGE", message: "Two stages have the same name", got: spec.name });
    }
    byName.set(spec.name, spec);
  }
  const sorted = new Set<StageSpec>();
  let waiting = [...specs];
  while (waiting.length > 0) {
    const free = waiting.filter((spec) => sources(spec, byName, finished).every((source) => sorted.has(source)));
    if (free.length === 0) {
      throw new SpecError({
        code: "CYCLIC_STAGES",
        message: "These stages wait for each other",
        got: waiting.map((spec) => spec.name).join(", "),
      });
    }
    for (const spec of free) sorted.add(spec);
    waiting = waiting.filter((spec) => !sorted.has(spec));
  }
  return [...sorted];
}

function sources(
  spec: StageSpec,
  byName: ReadonlyMap<string, StageSpec>,
  finished: ReadonlyMap<string, PlannedStage>,
): StageSpec[] {
  return Object.entries(spec.inputs).flatMap(([input, { stage }]) => {
    if (finished.has(stage)) return [];
    const source = byName.get(stage);
    if (source !== undefined) return source;
    const names = [...finished.keys(), ...byName.keys()];
    throw unknownName(names, { name: stage, what: "stage", where: `${spec.name}.inputs.${input}` });
  });
}

function fingerprintOf(reference: DataReference | null, fingerprints: Fingerprints, where: string): string | null {
  if (reference === null) return null;
  const fingerprint = fingerprints.get(dataKey(reference));
  if (fingerprint !== undefined) return fingerprint;
  throw new SpecError({
    code: "MISSING_FINGERPRINT",
    message: "The plan needs the fingerprint of a data set",
    got: dataKey(reference),
    where,
  });
}

/** @throws SpecError BAD_PARAMS with every complaint of the schema. */
export function parseParams<P>(schema: z.ZodType<P>, params: unknown, where: string): P {
  const result = schema.safeParse(params);
  if (result.success) return result.data;
  throw new SpecError({
    code: "BAD_PARAMS",
    message: `Wrong parameters for "${where}":\n${z.prettifyError(result.error)}`,
    where: result.error.issues.map((issue) => issue.path.join(".") || "(whole)").join(", "),
  });
}

function plainObject(params: unknown, where: string): Record<string, unknown> {
  // The way through JSON is what the database does to parameters: keys are made from what comes back.
  const restored: unknown = JSON.parse(canonicalJson(params));
  const result = z.record(z.string(), z.unknown()).safeParse(restored);
  if (result.success) return result.data;
  throw new SpecError({ code: "BAD_PARAMS", message: "Parameters are an object", got: canonicalJson(params), where });
}

function isPlain(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

interface Name {
  name: string;
  what: string;
  where?: string;
}

function lookUp<T>(table: Readonly<Record<string, T>>, name: Name): T {
  const found = Object.hasOwn(table, name.name) ? table[name.name] : undefined;
  if (found === undefined) throw unknownName(Object.keys(table), name);
  return found;
}

function unknownName(choices: readonly string[], { name, what, where }: Name): SpecError {
  return new SpecError({
    code: `UNKNOWN_${what.split(" ")[0]!.toUpperCase()}`,
    message: `Unknown ${what} "${name}"`,
    expected: choices.join(", ") || "none exist",
    got: name,
    where,
  });
}
