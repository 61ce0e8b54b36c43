// [node]
import { canonicalJson } from "../../base/canonical-json.ts";
import { DataError } from "../../base/errors.ts";
import { sha256Hex } from "../../base/hash.ts";
import { Rng } from "../../base/rng.ts";
import { BadRecords, requireRecords } from "../bad-records.ts";
import { answerTypeOf, type DatasetLoader, type VqaData, type VqaRecord, type VqaSplit } from "../dataset.ts";
import { badImages } from "../images.ts";
import type { CifarQuestionsParams } from "./cifar-questions.ts";
import { type CifarClass, captionOf, cifarClassNames, classQuestions, isCifarClass } from "./class-questions.ts";
import { type PhotoFile, photoFiles, photoFingerprint } from "./photo-files.ts";

/** Raised when the same files would give other records. */
const LOADER_VERSION = 1;

type ClassPhoto = PhotoFile & { className: CifarClass };

/** Asks six questions about each photograph; a photograph has the same questions in every choice of photographs. */
export const cifarQuestionsLoader: DatasetLoader<CifarQuestionsParams> = {
  async fingerprint(params) {
    const { numTrainPhotos, numTestPhotos, dataSeed } = params;
    const choice = canonicalJson({ numTrainPhotos, numTestPhotos, dataSeed });
    const files = [await photoFingerprint(params.path, "train"), await photoFingerprint(params.path, "test")];
    return sha256Hex(`cifar-questions ${LOADER_VERSION}\n${choice}\n${files.join("\n")}`);
  },

  async load(params, signal): Promise<VqaData> {
    const bad = new BadRecords(params.onBadRecord);
    const train = await loadSplit("train", params.numTrainPhotos, { params, bad, signal });
    const test = await loadSplit("test", params.numTestPhotos, { params, bad, signal });
    const fingerprint = await cifarQuestionsLoader.fingerprint(params);
    return { adapter: "cifar-questions", fingerprint, train, test, skipped: bad.skipped };
  },
};

interface Context {
  params: CifarQuestionsParams;
  bad: BadRecords;
  signal: AbortSignal;
}

async function loadSplit(
  name: "train" | "test",
  numPhotos: number | null,
  { params, bad, signal }: Context,
): Promise<VqaSplit> {
  const skippedBefore = bad.skipped.length;
  const { photos, strangers, where } = await photoFiles(params.path, name, signal);
  for (const stranger of strangers) bad.report(strangeMember(stranger, where, "a file <class>/<name>.jpg"));
  const known: ClassPhoto[] = [];
  for (const photo of photos) {
    if (isCifarClass(photo.className)) known.push({ ...photo, className: photo.className });
    else bad.report(strangeMember(photo.name, where, `one of the classes ${cifarClassNames.join(", ")}`));
  }
  const usable = params.onBadRecord === "skip" ? await decodable(known, bad, signal) : known;
  const chosen = choose(usable, numPhotos ?? usable.length, { seed: params.dataSeed, where });
  requireRecords(chosen.length, where, bad.skipped.length - skippedBefore);
  const byId = new Map(chosen.map((photo) => [photo.name, photo]));
  const photoOf = (imageId: string) => {
    const photo = byId.get(imageId);
    if (photo !== undefined) return photo;
    throw new DataError({
      code: "DATA_UNKNOWN_IMAGE",
      message: "There is no such photograph in the split",
      expected: `one of the ${byId.size} photographs chosen`,
      got: imageId,
      where,
    });
  };
  return {
    name,
    records: chosen.flatMap(recordsOf),
    imageIds: chosen.map((photo) => photo.name),
    image: (imageId) => photoOf(imageId).source,
    label: (imageId) => photoOf(imageId).className,
    caption: (imageId) => captionOf(photoOf(imageId).className),
  };
}

/** Whoever skips must learn of all bad photographs at once, so that the same ones are left out of every run. */
async function decodable(photos: ClassPhoto[], bad: BadRecords, signal: AbortSignal): Promise<ClassPhoto[]> {
  const found = await badImages(
    photos.map(({ source }) => source),
    { signal },
  );
  for (const { error } of found) bad.report(error);
  const unusable = new Set(found.map(({ index }) => index));
  return photos.filter((_, index) => !unusable.has(index));
}

/** Classes take turns, each in its own shuffled order: sets are even and, for one seed, parts of each other. */
function choose(photos: ClassPhoto[], count: number, { seed, where }: { seed: number; where: string }): ClassPhoto[] {
  if (count > photos.length) {
    throw new DataError({
      code: "DATA_TOO_FEW_IMAGES",
      message: "There are fewer photographs than are asked for",
      expected: `${count}`,
      got: `${photos.length}`,
      where,
      fix: "Ask for fewer, or leave the number empty to take all.",
    });
  }
  const rng = Rng.fromSeed(seed).stream("cifar-choice");
  const classes = cifarClassNames.map((name) =>
    rng.stream(name).shuffle(photos.filter(({ className }) => className === name)),
  );
  const turns = Math.max(...classes.map((members) => members.length));
  const inTurn = Array.from({ length: turns }, (_, turn) => classes.flatMap((members) => members[turn] ?? []));
  return inTurn
    .flat()
    .slice(0, count)
    .sort((a, b) => (a.name < b.name ? -1 : 1));
}

const QUESTIONS = Rng.fromSeed(0).stream("cifar-questions");

function recordsOf({ name, className }: ClassPhoto): VqaRecord[] {
  return classQuestions(QUESTIONS.stream(name), className).map(({ question, answer }, index) => ({
    questionId: `${name}#${index}`,
    imageId: name,
    question,
    answers: [answer],
    answer,
    answerType: answerTypeOf(answer),
  }));
}

function strangeMember(name: string, where: string, expected: string): DataError {
  return new DataError({
    code: "DATA_BAD_RECORD",
    message: "A file among the photographs belongs to no class",
    expected,
    got: name,
    where: `${where}, ${name}`,
    fix: 'Remove the file, or set onBadRecord to "skip".',
  });
}
