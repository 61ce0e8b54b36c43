import Table from "cli-table3";

export type Cell = string | number | null;

/** Rows in aligned columns, without rules: easy to read, to grep and to cut. */
export function table(head: readonly string[], rows: readonly (readonly Cell[])[]): string {
  const borderless = Object.fromEntries(borderParts.map((part) => [part, part === "middle" ? "  " : ""]));
  const rendered = new Table({
    head: [...head],
    chars: borderless,
    style: { head: [], border: [], "padding-left": 0, "padding-right": 0 },
    colAligns: head.map((_, column) => (rows.some((row) => typeof row[column] === "number") ? "right" : "left")),
  });
  rendered.push(...rows.map((row) => row.map((cell) => (cell === null ? "-" : String(cell)))));
  return rendered
    .toString()
    .split("\n")
    .map((line) => line.trimEnd())
    .join("\n");
}

const borderParts = [
  "top",
  "top-mid",
  "top-left",
  "top-right",
  "bottom",
  "bottom-mid",
  "bottom-left",
  "bottom-right",
  "left",
  "left-mid",
  "mid",
  "mid-mid",
  "right",
  "right-mid",
  "middle",
] as const;
