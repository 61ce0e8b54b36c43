// [node]
import { readFile, stat } from "node:fs/promises";
import { basename, extname, join } from "node:path";
import { parse } from "csv-parse/sync";
import { z } from "zod";
import { DataError } from "../../base/errors.ts";
import type { BadRecords } from "../bad-records.ts";
import { forEachConcurrently } from "../concurrently.ts";
import { captionOf, GOOD } from "./anomaly-data.ts";
import { unreadable } from "./folder-files.ts";
import type { AnomalySourceLoader, ListedCategory } from "./listing.ts";
import type { VisaParams } from "./visa.ts";

/** The tables do not tell kinds of defects apart; VisA's own preparation script calls them all so. */
const DEFECT = "bad";

const visaRow = z.strictObject({
  object: z.string().min(1),
  split: z.enum(["train", "test"]),
  label: z.enum(["normal", "anomaly"]),
  image: z.string().min(1),
  mask: z.string(),
});

type VisaRow = z.infer<typeof visaRow>;

/** Reads the split tables; pictures and masks lie where the tables say, below the same folder. */
export const visaLoader: AnomalySourceLoader<VisaParams> = {
  version: 1,
  async list({ root, split, categories }, bad) {
    const table = join(root, "split_csv", `${split}.csv`);
    const rows = parseVisaTable(
      await readFile(table, "utf8").catch((error) => Promise.reject(unreadable(table, error))),
      {
        where: table,
        bad,
      },
    );
    const objects = [...new Set(rows.map(({ row }) => row.object))].sort();
    for (const name of categories) if (!objects.includes(name)) throw unknownObject(name, objects, table);
    const chosen = categories.length > 0 ? [...new Set(categories)] : objects;
    const wanted = rows.filter(({ row }) => chosen.includes(row.object));
    const usable = await presentRows(wanted, root, bad);
    return chosen.map((name) =>
      listObject(
        name,
        root,
        usable.filter(({ object }) => object === name),
      ),
    );
  },
};

/** Rows of a split table with the place of each. @throws DataError when it is no such table; bad rows go to `bad`. */
export function parseVisaTable(
  text: string,
  { where, bad }: { where: string; bad: BadRecords },
): { row: VisaRow; where: string }[] {
  let records: unknown[];
  try {
    records = parse(text, { columns: true, bom: true, skip_empty_lines: true, trim: true });
  } catch (cause) {
    throw new DataError({
      code: "DATA_UNREADABLE_TABLE",
      message: "The split table is not valid CSV",
      expected: "columns object, split, label, image, mask",
      got: cause instanceof Error ? cause.message : String(cause),
      where,
      cause,
    });
  }
  const rows: { row: VisaRow; where: string }[] = [];
  records.forEach((record, index) => {
    const place = `${where}, row ${index + 2}`;
    const parsed = visaRow.safeParse(record);
    const fault = parsed.success ? maskFault(parsed.data, place) : badRow(record, place);
    if (fault) bad.report(fault);
    else if (parsed.success) rows.push({ row: parsed.data, where: place });
  });
  return rows;
}

function maskFault({ label, mask, image }: VisaRow, where: string): DataError | null {
  if ((label === "normal") === (mask === "")) return null;
  return new DataError({
    code: label === "normal" ? "DATA_MASK_FOR_GOOD" : "DATA_MISSING_MASK",
    message: label === "normal" ? "A good picture has a mask" : "A picture with a defect has no mask",
    expected: label === "normal" ? "an empty mask column" : "a path in the mask column",
    got: mask || "nothing",
    where: `${where} (${image})`,
    fix: 'Correct the row, or set onBadRecord to "skip".',
  });
}

async function presentRows(
  rows: readonly { row: VisaRow; where: string }[],
  path: string,
  bad: BadRecords,
): Promise<VisaRow[]> {
  const faults: (DataError | undefined)[] = [];
  await forEachConcurrently(rows, undefined, async ({ row, where }, index) => {
    for (const file of row.mask === "" ? [row.image] : [row.image, row.mask]) {
      const found = await stat(join(path, file)).then(
        (entry) => entry.isFile(),
        () => false,
      );
      if (!found) faults[index] = missingFile(join(path, file), where);
    }
  });
  return rows
    .filter((_, index) => {
      const fault = faults[index];
      if (fault) bad.report(fault);
      return fault === undefined;
    })
    .map(({ row }) => row);
}

function listObject(name: string, path: string, rows: readonly VisaRow[]): ListedCategory {
  const listed = (row: VisaRow) => {
    const defect = row.label === "normal" ? GOOD : DEFECT;
    const stem = basename(row.image, extname(row.image));
    const imageId = `${name}/${row.split}/${defect}/${stem}`;
    const source = { kind: "file", path: join(path, row.image), label: imageId } as const;
    return { imageId, category: name, caption: captionOf(name, defect), image: () => source, defect };
  };
  return {
    name,
    where: join(path, name),
    isGenerated: false,
    train: rows.filter(({ split, label }) => split === "train" && label === "normal").map(listed),
    test: rows
      .filter(({ split }) => split === "test")
      .map((row) => {
        const image = listed(row);
        const mask =
          row.mask === ""
            ? null
            : ({ kind: "file", path: join(path, row.mask), label: `mask of ${image.imageId}` } as const);
        return { ...image, mask: () => mask, size: null };
      }),
  };
}

function badRow(record: unknown, where: string): DataError {
  return new DataError({
    code: "DATA_BAD_RECORD",
    message: "A row of the split table has the wrong form",
    expected: "object, split (train or test), label (normal or anomaly), image, mask",
    got: JSON.stringify(record),
    where,
    fix: 'Correct the row, or set onBadRecord to "skip".',
  });
}

function missingFile(got: string, where: string): DataError {
  return new DataError({
    code: "DATA_MISSING_IMAGE",
    message: "A file that the split table names is missing",
    expected: got,
    got: "no file",
    where,
    fix: 'Restore the file, or set onBadRecord to "skip".',
  });
}

function unknownObject(got: string, objects: readonly string[], where: string): DataError {
  return new DataError({
    code: "DATA_UNKNOWN_CATEGORY",
    message: "There is no such object in the split table",
    expected: `one of ${objects.join(", ")}`,
    got,
    where,
  });
}
