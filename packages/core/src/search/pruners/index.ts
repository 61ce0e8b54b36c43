import { asha } from "./asha.ts";
import { hyperband } from "./hyperband.ts";
import { median } from "./median.ts";
import { none } from "./none.ts";
import type { PrunerDefinition } from "./pruner.ts";
import { wilcoxon } from "./wilcoxon.ts";

/** Every pruner, by the name that a sweep gives. */
export const pruners = { none, median, asha, hyperband, wilcoxon } satisfies Record<string, PrunerDefinition>;

export type PrunerName = keyof typeof pruners;
