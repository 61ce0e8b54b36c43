import { toWords } from "../../format/words.ts";

/** Metrics that are read together, on one pair of axes. */
export interface CurveGroup {
  id: string;
  title: string;
  keys: string[];
}

const families: readonly { id: string; title: string; pattern: RegExp }[] = [
  { id: "loss", title: "Loss", pattern: /loss|perplexity/i },
  { id: "score", title: "Score", pattern: /accuracy|auroc|score|f1/i },
  { id: "learning-rate", title: "Learning rate", pattern: /^(lr|learning[-_]?rate)/i },
  { id: "gradient-norm", title: "Gradient norm", pattern: /grad(ient)?[-_]?norm/i },
];

/** Keys in the panels that a person expects: all losses together, rates and norms apart, everything else by its last part. */
export function curveGroups(keys: readonly string[]): CurveGroup[] {
  const groups = new Map<string, CurveGroup>();
  for (const key of keys.toSorted()) {
    const leaf = key.split("/").at(-1)!;
    const family = families.find(({ pattern }) => pattern.test(leaf));
    const { id, title } = family ?? { id: leaf, title: toWords(leaf) };
    const group = groups.get(id) ?? { id, title, keys: [] };
    group.keys.push(key);
    groups.set(id, group);
  }
  const rank = ({ id }: CurveGroup) => {
    const at = families.findIndex((family) => family.id === id);
    return at === -1 ? families.length : at;
  };
  for (const group of groups.values()) {
    if (group.keys.length === 1) group.title = toWords(group.keys[0]!.split("/").at(-1)!);
  }
  return [...groups.values()].sort((a, b) => rank(a) - rank(b) || a.id.localeCompare(b.id));
}
