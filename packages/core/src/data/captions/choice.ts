import { z } from "zod";
import { anomalyDataParams } from "../anomaly/choice.ts";
import { defectKinds, surfaceNames } from "../anomaly/industrial/names.ts";
import type { DataReference } from "../choice.ts";

const drawn = z
  .strictObject({
    kind: z.literal("industrial").describe("Generated industrial surfaces with described defects"),
    surfaces: z
      .array(z.enum(surfaceNames))
      .min(1)
      // The two that the generated anomaly set shows by default are left out: what is tested is not described here.
      .default(["printed-grid", "bolt", "granite", "wood-board", "circuit-board"])
      .describe("What is drawn"),
    defects: z
      .array(z.enum(defectKinds))
      .default([...defectKinds])
      .describe("Kinds of defects that are drawn and described"),
    numImages: z
      .int()
      .min(1)
      .max(100_000)
      .default(40)
      .describe("Pictures of each surface, good and of each kind of defect"),
    imageSizePx: z.int().min(32).max(1024).default(128).describe("Width and height of a picture in pixels"),
    dataSeed: z.int().nonnegative().default(7).describe("Seed of the pictures; not the run's seed"),
  })
  .describe("Drawn by the program");

const normals = z
  .strictObject({
    kind: z.literal("normal-pictures").describe("The normal pictures of anomaly data, described by their category"),
    data: anomalyDataParams,
  })
  .describe("No test picture is read");

const labelled = z
  .strictObject({
    kind: z.literal("labelled-archive").describe("Pictures whose folder is their label"),
    path: z.string().min(1).describe("A tar file with members label/picture on the worker's machine"),
    template: z.string().default("a photo of a {label}").describe("Caption; {label} is the folder's name"),
    maxPerLabel: z.int().min(1).default(1000).describe("At most that many pictures of each label"),
  })
  .describe("Captions made from labels");

/** Where pictures with captions come from. */
export const captionParams = z
  .array(z.discriminatedUnion("kind", [drawn, normals, labelled]))
  .min(1)
  .default([drawn.parse({ kind: "industrial" })])
  .describe("Pictures with captions; all sources become one set");

export type CaptionParams = z.infer<typeof captionParams>;
export type CaptionSource = CaptionParams[number];

/** Adapter name under which a content key knows captioned pictures. */
export const CAPTION_DATA = "captions";

export const captionDataReference = (sources: CaptionParams): DataReference => ({
  adapter: CAPTION_DATA,
  params: { sources },
});
