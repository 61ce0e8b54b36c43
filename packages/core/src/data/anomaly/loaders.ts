// [node]
import { z } from "zod";
import { canonicalJson } from "../../base/canonical-json.ts";
import { DataError, SpecError } from "../../base/errors.ts";
import { BadRecords } from "../bad-records.ts";
import {
  type AnomalyCategory,
  type AnomalyData,
  type AnomalyTrainData,
  isAnomalous,
  type TrainCategory,
} from "./anomaly-data.ts";
import { type AnomalyDataParams, type AnomalySourceParams, anomalyDataParams } from "./choice.ts";
import { chooseTrain } from "./few-data.ts";
import { fingerprintListing } from "./fingerprint.ts";
import { folderLayoutLoader } from "./folder-layout-loader.ts";
import type { AnomalySourceKind } from "./index.ts";
import { industrialLoader } from "./industrial/industrial-loader.ts";
import { decodable, inspectTest, withoutTestCopies } from "./inspect.ts";
import type { AnomalySourceLoader, ListedCategory } from "./listing.ts";
import { visaLoader } from "./visa-loader.ts";

type ParamsOf<Kind extends AnomalySourceKind> = Extract<AnomalySourceParams, { kind: Kind }>;

/** The [node] halves of the sources. */
export const anomalySourceLoaders = {
  industrial: industrialLoader,
  "mvtec-layout": folderLayoutLoader("good"),
  "btad-layout": folderLayoutLoader("ok"),
  visa: visaLoader,
} satisfies { [Kind in AnomalySourceKind]: AnomalySourceLoader<ParamsOf<Kind>> };

/**
 * Hash of the data's content, for content keys; decodes no picture.
 * @throws SpecError for wrong parameters, DataError for data that is missing or not complete.
 */
export async function fingerprintAnomalyData(params: unknown): Promise<string> {
  const parsed = anomalyDataParams.safeParse(params);
  if (!parsed.success) {
    throw new SpecError({
      code: "BAD_DATASET_PARAMS",
      message: "The parameters of the anomaly data are wrong",
      got: z.prettifyError(parsed.error),
    });
  }
  const { sources, onBadRecord } = parsed.data;
  const heading = canonicalJson(sources.map((source) => [source, loaderOf(source).version]));
  return fingerprintListing(heading, await listAll(sources, new BadRecords(onBadRecord)));
}

/** What may be learnt from, without opening a test picture: for the threads that train. @throws DataError as loadAnomalyData. */
export async function loadAnomalyTrainData(params: AnomalyDataParams, signal: AbortSignal): Promise<AnomalyTrainData> {
  const bad = new BadRecords(params.onBadRecord);
  const categories: TrainCategory[] = [];
  for (const listed of await listAll(params.sources, bad)) {
    const train = await usableTrain(listed, { params, bad, signal });
    if (train.length > 0) categories.push({ name: listed.name, train });
  }
  requireCategories(categories.length, bad);
  return { categories, skipped: bad.skipped };
}

/**
 * Train and test pictures, every mask checked.
 * @throws DataError with the file for data that cannot be used, unless faults are to be skipped.
 */
export async function loadAnomalyData(params: AnomalyDataParams, signal: AbortSignal): Promise<AnomalyData> {
  const bad = new BadRecords(params.onBadRecord);
  const categories: AnomalyCategory[] = [];
  for (const listed of await listAll(params.sources, bad)) {
    const train = await usableTrain(listed, { params, bad, signal });
    const fitting = await inspectTest(listed.test, bad, signal);
    const test = params.onBadRecord === "skip" && !listed.isGenerated ? await decodable(fitting, bad, signal) : fitting;
    const numAnomalous = test.filter(isAnomalous).length;
    const fault = testFault(listed, { numAnomalous, numGood: test.length - numAnomalous });
    if (fault) bad.report(fault);
    else if (train.length > 0) categories.push({ name: listed.name, train, test });
  }
  requireCategories(categories.length, bad);
  return { categories, skipped: bad.skipped };
}

async function listAll(sources: readonly AnomalySourceParams[], bad: BadRecords): Promise<ListedCategory[]> {
  const all = new Map<string, ListedCategory>();
  for (const source of sources) {
    for (const category of await loaderOf(source).list(source, bad)) {
      const other = all.get(category.name);
      if (other) throw sameCategory(category, other);
      all.set(category.name, category);
    }
  }
  return [...all.values()];
}

// The table pairs each loader with its own parameters; the index by a union of kinds loses that.
const loaderOf = ({ kind }: AnomalySourceParams) =>
  anomalySourceLoaders[kind] as AnomalySourceLoader<AnomalySourceParams>;

async function usableTrain(
  { name, where, isGenerated, train, test }: ListedCategory,
  { params, bad, signal }: { params: AnomalyDataParams; bad: BadRecords; signal: AbortSignal },
) {
  if (isGenerated) return chooseTrain(train, name, params.few);
  const apart = await withoutTestCopies(train, test, bad);
  const usable = params.onBadRecord === "skip" ? await decodable(apart, bad, signal) : apart;
  if (usable.length === 0) bad.report(emptyCategory(name, where));
  return chooseTrain(usable, name, params.few);
}

function testFault(
  { name, where }: ListedCategory,
  { numAnomalous, numGood }: { numAnomalous: number; numGood: number },
): DataError | null {
  if (numAnomalous > 0 && numGood > 0) return null;
  return new DataError({
    code: numAnomalous > 0 ? "DATA_NO_GOOD_TEST" : numGood > 0 ? "DATA_ALL_NORMAL_TEST" : "DATA_EMPTY_TEST",
    message: `The test pictures of the category ${name} cannot tell methods apart`,
    expected: "at least one good picture and one with a defect",
    got: `${numGood} good, ${numAnomalous} with a defect`,
    where,
    fix: 'Complete the test set, leave the category out, or set onBadRecord to "skip".',
  });
}

function emptyCategory(name: string, where: string): DataError {
  return new DataError({
    code: "DATA_EMPTY_CATEGORY",
    message: `The category ${name} has no usable train picture`,
    expected: "at least one",
    got: "none",
    where,
    fix: 'Add pictures, leave the category out, or set onBadRecord to "skip".',
  });
}

function sameCategory({ name, where }: ListedCategory, other: ListedCategory): DataError {
  return new DataError({
    code: "DATA_SAME_CATEGORY",
    message: "Two sources hold a category of the same name",
    expected: "one name for one category",
    got: name,
    where: `${other.where} and ${where}`,
    fix: "Rename one of the folders, or name the categories that are wanted.",
  });
}

function requireCategories(count: number, bad: BadRecords): void {
  if (count > 0) return;
  const numSkipped = bad.skipped.length;
  throw new DataError({
    code: "DATA_EMPTY",
    message: "No category of the data can be used",
    expected: "at least one",
    got: numSkipped > 0 ? `none (${numSkipped} faults were skipped)` : "none",
    fix: numSkipped > 0 ? 'Set onBadRecord to "error" to see the first fault.' : undefined,
  });
}
