import type { Sweep, Trial } from "@retort/api";
import { dimensionAt, type SpaceJson } from "../draft/space-edit.ts";
import { columnNames } from "../point.ts";
import type { Column } from "./plots.ts";

/** More different numbers than this lie on a scale; fewer stand side by side. */
const mostCategories = 6;

/** What varies in a sweep, ablations first, each with the scale that its values are read on. */
export function sweepColumns(sweep: Pick<Sweep, "columns" | "search">, trials: readonly Trial[]): Column[] {
  const ablations = [...new Set(trials.flatMap(({ labels }) => Object.keys(labels)))];
  const names = columnNames(sweep.columns);
  const space = parametersOf(sweep.search);
  // What an ablation sets is told by its label.
  const varied = sweep.columns.filter((path) => !ablations.includes(path));
  return [
    ...ablations.map((name): Column => ({ path: name, name, scale: "category", read: ({ labels }) => labels[name] })),
    ...varied.map((path): Column => {
      const read = ({ point }: Trial) => point[path];
      const values = trials.map(read).filter((value) => value !== undefined);
      const dimension = dimensionAt(space, path.split("."));
      const isNumeric = values.every((value) => typeof value === "number") && new Set(values).size > mostCategories;
      const isLog = dimension?.type === "log" || dimension?.scale === "log";
      return { path, name: names.get(path)!, read, scale: isNumeric ? (isLog ? "log" : "linear") : "category" };
    }),
  ];
}

function parametersOf(search: Record<string, unknown>): SpaceJson {
  const { space } = search as { space?: { parameters?: SpaceJson } };
  return space?.parameters ?? {};
}
