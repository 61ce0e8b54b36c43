// [node]
import { basename, join, resolve } from "node:path";
import { DataError } from "../../base/errors.ts";
import type { BadRecords } from "../bad-records.ts";
import { type AnomalyImage, captionOf, GOOD } from "./anomaly-data.ts";
import { imageFiles, subfolders } from "./folder-files.ts";
import type { FolderLayoutParams } from "./folder-layouts.ts";
import type { AnomalySourceLoader, ListedCategory, ListedTestImage } from "./listing.ts";

/** Reads `train/<good>`, `test/<good or defect>` and `ground_truth/<defect>`; masks are named as the picture, or with "_mask". */
export function folderLayoutLoader(good: string): AnomalySourceLoader<FolderLayoutParams> {
  return {
    version: 1,
    async list({ root, categories }, bad) {
      const folders = await categoryFolders(root);
      for (const name of categories) if (!folders.has(name)) throw unknownCategory(name, folders);
      const chosen = categories.length > 0 ? [...new Set(categories)] : [...folders.keys()];
      return Promise.all(chosen.map((name) => listCategory({ name, folder: folders.get(name)!, good, bad })));
    },
  };
}

/** Category name to folder. A root that holds train/ is a category itself. */
async function categoryFolders(root: string): Promise<Map<string, string>> {
  const inside = await subfolders(root);
  if (inside.includes("train")) return new Map([[basename(resolve(root)), root]]);
  const folders = new Map<string, string>();
  for (const name of inside) {
    if ((await subfolders(join(root, name))).includes("train")) folders.set(name, join(root, name));
  }
  if (folders.size === 0) throw noCategory(root, inside);
  return folders;
}

interface CategoryPlace {
  name: string;
  folder: string;
  /** What the layout calls pictures without a defect. */
  good: string;
  bad: BadRecords;
}

async function listCategory({ name, folder, good, bad }: CategoryPlace): Promise<ListedCategory> {
  const image = (path: string, stem: string, at: { split: string; defect: string }): AnomalyImage => {
    const imageId = `${name}/${at.split}/${at.defect}/${stem}`;
    const source = { kind: "file", path, label: imageId } as const;
    return { imageId, category: name, caption: captionOf(name, at.defect), image: () => source };
  };
  const trainFiles = (await imageFiles(join(folder, "train", good), bad)) ?? new Map<string, string>();
  const train = [...trainFiles].map(([stem, path]) => image(path, stem, { split: "train", defect: GOOD }));
  const test: ListedTestImage[] = [];
  const truth = join(folder, "ground_truth");
  for (const kind of await subfolders(join(folder, "test"))) {
    const files = (await imageFiles(join(folder, "test", kind), bad)) ?? new Map<string, string>();
    const masks = (await imageFiles(join(truth, kind), bad)) ?? new Map<string, string>();
    const defect = kind === good ? GOOD : kind;
    const used = new Set<string>();
    for (const [stem, path] of files) {
      const maskStem = masks.has(`${stem}_mask`) ? `${stem}_mask` : stem;
      const maskPath = masks.get(maskStem);
      if (defect !== GOOD && maskPath === undefined) {
        bad.report(missingMask(path, join(truth, kind, `${stem}_mask.png`)));
        continue;
      }
      used.add(maskStem);
      const mask =
        maskPath === undefined ? null : ({ kind: "file", path: maskPath, label: `mask of ${path}` } as const);
      test.push({ ...image(path, stem, { split: "test", defect }), defect, mask: () => mask, size: null });
    }
    for (const [stem, path] of masks) if (!used.has(stem)) bad.report(orphanMask(path, join(folder, "test", kind)));
  }
  return { name, where: folder, isGenerated: false, train, test };
}

function missingMask(where: string, expected: string): DataError {
  return new DataError({
    code: "DATA_MISSING_MASK",
    message: "A picture with a defect has no mask",
    expected,
    got: "no file",
    where,
    fix: 'Add the mask, or set onBadRecord to "skip".',
  });
}

function orphanMask(where: string, folder: string): DataError {
  return new DataError({
    code: "DATA_MASK_WITHOUT_IMAGE",
    message: "A mask belongs to no picture",
    expected: `a picture of that name in ${folder}`,
    got: "none",
    where,
    fix: 'Remove the mask or restore the picture, or set onBadRecord to "skip".',
  });
}

function unknownCategory(name: string, folders: ReadonlyMap<string, string>): DataError {
  return new DataError({
    code: "DATA_UNKNOWN_CATEGORY",
    message: "There is no such category in the folders given",
    expected: `one of ${[...folders.keys()].join(", ")}`,
    got: name,
  });
}

function noCategory(where: string, inside: readonly string[]): DataError {
  return new DataError({
    code: "DATA_NO_CATEGORY",
    message: "The folder is no category and holds none",
    expected: "train/ and test/ in it, or in the folders in it",
    got: inside.length > 0 ? `folders ${inside.slice(0, 10).join(", ")}` : "no folder",
    where,
  });
}
