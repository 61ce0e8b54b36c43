import { btadLayout, mvtecLayout } from "./folder-layouts.ts";
import { industrial } from "./industrial/industrial.ts";
import { visa } from "./visa.ts";

/** Where pictures of good and bad things come from, by kind. To add one: its definition here, its loader in loaders.ts. */
export const anomalySources = {
  industrial,
  "mvtec-layout": mvtecLayout,
  "btad-layout": btadLayout,
  visa,
} as const;

export type AnomalySourceKind = keyof typeof anomalySources;
