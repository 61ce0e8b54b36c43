/** The last part of a parameter's path, which tells columns apart well enough beside the full path in their titles. */
export function shortPath(path: string): string {
  return path.split(".").at(-1)!;
}

/** Short names of columns, longer where two would be the same: "teacher.size" beside "student.size". */
export function columnNames(paths: readonly string[]): Map<string, string> {
  const names = new Map<string, string>();
  for (const path of paths) {
    const keys = path.split(".");
    let length = 1;
    const tail = () => keys.slice(-length).join(".");
    while (length < keys.length && paths.some((other) => other !== path && isTail(other, tail()))) length += 1;
    names.set(path, tail());
  }
  return names;
}

function isTail(path: string, tail: string): boolean {
  return path === tail || path.endsWith(`.${tail}`);
}

/** A parameter's value for a cell; a dash where the point does not have the parameter. */
export function printValue(value: unknown): string {
  if (value === undefined) return "–";
  if (typeof value === "number") return String(Number(value.toPrecision(4))).replace("-", "−");
  if (Array.isArray(value) && value.every((entry) => typeof entry !== "object"))
    return value.map(printValue).join(", ");
  return typeof value === "string" ? value : JSON.stringify(value);
}
