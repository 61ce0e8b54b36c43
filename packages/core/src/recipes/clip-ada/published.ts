import type { PublishedRow } from "../recipe.ts";

const label = "CLIP-ADA (which metrics are meant is inferred)";
const source =
  "arXiv 2403.09493, abstract: pairs 97.5/55.6 (MVTec AD) and 89.3/33.1 (VisA) for detection and localisation. That the pairs are " +
  "image AUROC and pixel AP is our inference from the first author's later code.";

/** The paper's numbers, full size and pre-trained CLIP; never to be compared with small towers trained here. */
export const clipAdaPublished: readonly PublishedRow[] = [
  { label, dataset: "MVTec AD", metric: "imageAuroc", value: 0.975, source },
  { label, dataset: "MVTec AD", metric: "pixelAp", value: 0.556, source },
  { label, dataset: "VisA", metric: "imageAuroc", value: 0.893, source },
  { label, dataset: "VisA", metric: "pixelAp", value: 0.331, source },
];
