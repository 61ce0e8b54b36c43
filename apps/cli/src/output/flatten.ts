/** { model: { dim: 96 } } -> { "model.dim": 96 }: parameters as `--set` takes them. Lists stay whole. */
export function flatten(value: Record<string, unknown>, prefix = ""): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(value).flatMap(([key, member]) => {
      const isBranch = typeof member === "object" && member !== null && !Array.isArray(member);
      if (!isBranch) return [[prefix + key, member]];
      return Object.entries(flatten(member as Record<string, unknown>, `${prefix}${key}.`));
    }),
  );
}
