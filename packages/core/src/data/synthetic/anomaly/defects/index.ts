import type { DefectName } from "../synthesis-params.ts";
import { cutpaste } from "./cutpaste.ts";
import type { Defect } from "./defect.ts";
import { line } from "./line.ts";
import { perlin } from "./perlin.ts";
import { scar } from "./scar.ts";
import { spot } from "./spot.ts";
import { wear } from "./wear.ts";

/** Every kind of defect, by its name. */
export const defects = { perlin, cutpaste, scar, spot, line, wear } satisfies Record<DefectName, Defect>;
