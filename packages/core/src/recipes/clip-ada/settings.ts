import { SpecError } from "../../base/errors.ts";
import type { AnomalyDataParams } from "../../data/anomaly/choice.ts";

/** One model's data; `suffix` tells its stages from the others'. */
export interface Setting {
  suffix: string;
  data: AnomalyDataParams;
}

/** All categories for one model, or one category each. @throws SpecError when a source does not name its categories. */
export function settingsOf(data: AnomalyDataParams, setting: "unified" | "per-category"): Setting[] {
  if (setting === "unified") return [{ suffix: "", data }];
  return data.sources.flatMap((source) => {
    if (source.categories.length === 0) throw unnamed(source.kind);
    // Each category of a source is a source with that category alone.
    return source.categories.map((category): Setting => {
      const only = { ...source, categories: [category] } as AnomalyDataParams["sources"][number];
      return {
        suffix: `-${category.toLowerCase().replaceAll(/[^a-z0-9]+/g, "-")}`,
        data: { ...data, sources: [only] },
      };
    });
  });
}

function unnamed(kind: string): SpecError {
  return new SpecError({
    code: "CATEGORIES_UNNAMED",
    message: "One model for each category needs the categories by name",
    expected: "categories in every source",
    got: `none in the source of kind ${kind}`,
    where: "data.sources",
    fix: "Name the categories, or choose the unified setting.",
  });
}
