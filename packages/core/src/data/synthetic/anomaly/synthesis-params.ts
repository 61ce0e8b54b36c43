import { z } from "zod";
import { augmenterNames } from "./augmenters.ts";

/** What an anomaly can be made by; one file below defects/ each. */
export const defectNames = ["perlin", "cutpaste", "scar", "spot", "line", "wear"] as const;
export type DefectName = (typeof defectNames)[number];

export const textureSources = ["generated", "training", "folder"] as const;

const share = z.number().min(0).max(1);

/** How anomalies are made of normal images. The choices are ours; CLIP-ADA's abstract says no more than "self-supervised". */
export const synthesisParams = z
  .strictObject({
    kinds: z
      .array(z.enum(defectNames))
      .min(1)
      .default(["perlin", "cutpaste", "scar"])
      .describe(
        "Kinds of defects: textures in Perlin-noise blots (DRAEM), moved rectangles and thin scars (CutPaste), soft spots, strokes, " +
          "and blots whose own texture gets smoother or rougher",
      ),
    cleanShare: share.default(0.35).describe("Share of images that stay normal"),
    maxDefects: z
      .int()
      .min(1)
      .max(10)
      .default(3)
      .describe("Most defects in one image; each number up to it is as likely"),
    minOpacity: share.default(0.2).describe("Weakest texture in a blot: share of the image that it hides"),
    maxOpacity: share.default(1).describe("Strongest texture in a blot"),
    minContrast: z
      .number()
      .positive()
      .default(1)
      .describe(
        "Faintest spot, stroke or worn blot: change of brightness in deviations of the picture's own brightness",
      ),
    maxContrast: z.number().positive().default(5).describe("Strongest spot or stroke, in the same unit"),
    textures: z
      .array(z.enum(textureSources))
      .min(1)
      .default(["generated", "training"])
      .describe("Where blots take their texture from: drawn here, other training images, a folder of pictures"),
    textureFolder: z
      .string()
      .min(1)
      .nullable()
      .default(null)
      .describe("Folder of pictures on the worker's machine, for textures from a folder"),
    augmenters: z
      .array(z.enum(augmenterNames))
      .default([...augmenterNames])
      .describe("Changes that a texture may go through"),
    numAugmenters: z.int().min(0).max(10).default(3).describe("Changes that each texture goes through"),
    minPatchShare: share.default(0.0008).describe("Smallest moved rectangle, as a share of the image"),
    maxPatchShare: share.default(0.03).describe("Largest moved rectangle, as a share of the image"),
    minScarPx: z.number().positive().default(2).describe("Thinnest scar, in pixels"),
    maxScarPx: z.number().positive().default(8).describe("Widest scar, in pixels"),
    jitter: share.default(0.3).describe("Largest change of a moved patch's brightness, as a share"),
    maxEdgePx: z
      .int()
      .min(0)
      .max(16)
      .default(2)
      .describe(
        "Widest edge over which blots, rectangles and scars fade in, in pixels; each width up to it is as likely; 0: hard edges",
      ),
    foreground: z
      .enum(["auto", "none"])
      .default("auto")
      .describe("auto: defects lie on the thing where it stands out from its background (Otsu); none: anywhere"),
    minChange: share
      .default(0.03)
      .describe(
        "Pixels that changed by less, brightness in [0, 1], and lie by none that changed more do not count as anomalous",
      ),
    nearPx: z
      .int()
      .min(0)
      .max(16)
      .default(2)
      .describe(
        "Touched pixels up to this far from one that changed by minChange are anomalous too, along rows and columns; 0: none",
      ),
  })
  .superRefine((params, context) => {
    const ordered = (
      low: "minOpacity" | "minContrast" | "minPatchShare" | "minScarPx",
      high: "maxOpacity" | "maxContrast" | "maxPatchShare" | "maxScarPx",
    ) => {
      if (params[low] > params[high])
        context.addIssue({ code: "custom", path: [low], message: `${low} is at most ${high}` });
    };
    ordered("minOpacity", "maxOpacity");
    ordered("minContrast", "maxContrast");
    ordered("minPatchShare", "maxPatchShare");
    ordered("minScarPx", "maxScarPx");
    if (params.textures.includes("folder") !== (params.textureFolder !== null)) {
      context.addIssue({
        code: "custom",
        path: ["textureFolder"],
        message: "a folder goes with textures from a folder",
      });
    }
  })
  .prefault({})
  .describe("How anomalies are made of normal images");

export type SynthesisParams = z.infer<typeof synthesisParams>;
