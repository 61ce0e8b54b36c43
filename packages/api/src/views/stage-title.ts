import { stages } from "@retort/core";

/** What a person calls a stage kind; the kind itself for one that this version no longer has. */
export function stageTitle(kind: string): string {
  const table: Record<string, { title: string }> = stages;
  return Object.hasOwn(table, kind) ? table[kind]!.title : kind;
}
