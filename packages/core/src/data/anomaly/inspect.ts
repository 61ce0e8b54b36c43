// [node]
import { createHash } from "node:crypto";
import { readFile, stat } from "node:fs/promises";
import { DataError } from "../../base/errors.ts";
import type { BadRecords } from "../bad-records.ts";
import { forEachConcurrently } from "../concurrently.ts";
import type { ImageSource } from "../dataset.ts";
import { badImages, imageSize } from "../images.ts";
import { type AnomalyImage, type AnomalyTestImage, GOOD } from "./anomaly-data.ts";
import type { ListedTestImage } from "./listing.ts";
import { decodeMask } from "./masks.ts";

/** Pictures that can be decoded; the others go to `bad`. Decodes all of them. */
export async function decodable<T extends AnomalyImage>(
  images: readonly T[],
  bad: BadRecords,
  signal: AbortSignal,
): Promise<T[]> {
  const faults = await badImages(
    images.map((image) => image.image()),
    { signal },
  );
  for (const { error } of faults) bad.report(error);
  const faulty = new Set(faults.map(({ index }) => index));
  return images.filter((_, index) => !faulty.has(index));
}

/** Test pictures whose masks fit them, with their sizes; the others go to `bad`. Reads headers of pictures, and every mask. */
export async function inspectTest(
  images: readonly ListedTestImage[],
  bad: BadRecords,
  signal: AbortSignal,
): Promise<AnomalyTestImage[]> {
  const inspected: (AnomalyTestImage | DataError | null)[] = [];
  await forEachConcurrently(images, signal, async (image, index) => {
    inspected[index] = await inspectImage(image).catch((error: unknown) => {
      if (error instanceof DataError) return error;
      throw error;
    });
  });
  return inspected.flatMap((result) => {
    if (result instanceof DataError) bad.report(result);
    return result === null || result instanceof DataError ? [] : [result];
  });
}

async function inspectImage(image: ListedTestImage): Promise<AnomalyTestImage | DataError> {
  const { size: known, ...record } = image;
  if (known !== null) return { ...record, ...known };
  const size = await imageSize(image.image());
  const source = image.mask();
  if (source === null) return { ...record, ...size };
  const mask = await decodeMask(source);
  const isEmpty = !mask.data.includes(1);
  // Some copies of the data sets have an empty mask for every good picture.
  if (image.defect === GOOD && isEmpty) return { ...record, ...size, mask: () => null };
  if (image.defect === GOOD)
    return fault("DATA_MASK_FOR_GOOD", "A good picture has a mask", { image, got: "a defect" });
  if (isEmpty) return fault("DATA_EMPTY_MASK", "The mask of a defect is empty", { image, got: "no pixel" });
  if (mask.width === size.width && mask.height === size.height) return { ...record, ...size };
  return fault("DATA_MASK_SIZE", "A mask is not of its picture's size", {
    image,
    expected: `${size.width} x ${size.height}`,
    got: `${mask.width} x ${mask.height}`,
  });
}

/**
 * Train pictures that are no byte-for-byte copy of a test picture; copies go to `bad`. The train copy is the one that may be
 * left out, so that the test set stays the same for everybody. Reads only files that have a twin in size.
 */
export async function withoutTestCopies<T extends AnomalyImage>(
  train: readonly T[],
  test: readonly AnomalyImage[],
  bad: BadRecords,
): Promise<T[]> {
  const testBySize = new Map<number, ImageSource[]>();
  for (const { source, sizeBytes } of await sizesOf(test)) {
    testBySize.set(sizeBytes, [...(testBySize.get(sizeBytes) ?? []), source]);
  }
  const digests = new Map<ImageSource, Promise<string>>();
  const digest = (source: ImageSource) => {
    const known = digests.get(source) ?? digestOf(source);
    digests.set(source, known);
    return known;
  };
  const kept: T[] = [];
  for (const { image, source, sizeBytes } of await sizesOf(train)) {
    let copy: ImageSource | undefined;
    for (const other of testBySize.get(sizeBytes) ?? []) {
      if ((await digest(source)) === (await digest(other))) copy = other;
    }
    if (copy === undefined) kept.push(image);
    else bad.report(testCopy(source, copy));
  }
  return kept;
}

async function sizesOf<T extends AnomalyImage>(images: readonly T[]) {
  const sized: { image: T; source: ImageSource; sizeBytes: number }[] = [];
  await forEachConcurrently(images, undefined, async (image, index) => {
    const source = image.image();
    // A picture that is not there is reported where it is opened.
    const sizeBytes =
      source.kind === "file"
        ? await stat(source.path).then(
            ({ size }) => size,
            () => -1,
          )
        : -1;
    sized[index] = { image, source, sizeBytes };
  });
  return sized;
}

async function digestOf(source: ImageSource): Promise<string> {
  // Each missing file is unlike any other.
  if (source.kind !== "file") return "";
  const bytes = await readFile(source.path).catch(() => source.path);
  return createHash("sha256").update(bytes).digest("hex");
}

const nameOf = (source: ImageSource) => (source.kind === "file" ? source.path : (source.label ?? "a picture"));

function testCopy(train: ImageSource, test: ImageSource): DataError {
  return new DataError({
    code: "DATA_TEST_IN_TRAIN",
    message: "A test picture is among the train pictures",
    expected: "no picture in both",
    got: nameOf(test),
    where: nameOf(train),
    fix: 'Remove one of them, or set onBadRecord to "skip" to learn without it.',
  });
}

function fault(
  code: string,
  message: string,
  { image, expected, got }: { image: ListedTestImage; expected?: string; got: string },
): DataError {
  const mask = image.mask();
  return new DataError({
    code,
    message,
    expected: expected ?? (code === "DATA_EMPTY_MASK" ? "at least one nonzero pixel" : "no nonzero pixel"),
    got,
    where: mask === null ? nameOf(image.image()) : nameOf(mask),
    fix: 'Correct the mask, or set onBadRecord to "skip".',
  });
}
