import type { ImageSource, SkippedRecord } from "../dataset.ts";

/** A picture of something as it should be, or not. */
export interface AnomalyImage {
  /** Unique within the data set: "screw/test/scratch_head/000". */
  imageId: string;
  category: string;
  /** What the picture shows, in words. */
  caption: string;
  image(): ImageSource;
}

export interface AnomalyTestImage extends AnomalyImage {
  /** The kind of defect, "good" for none. */
  defect: string;
  /** Pixels of the upright picture as it is stored: the size at which pixel metrics are computed. */
  width: number;
  height: number;
  /** Where the defect is: nonzero pixels, of the picture's own size. Null for a good picture. */
  mask(): ImageSource | null;
}

export const GOOD = "good";

export const isAnomalous = ({ defect }: AnomalyTestImage): boolean => defect !== GOOD;

/** The normal pictures of one category. */
export interface TrainCategory {
  name: string;
  /** Never empty. */
  train: readonly AnomalyImage[];
}

export interface AnomalyCategory extends TrainCategory {
  /** Good and anomalous pictures, at least one of each. */
  test: readonly AnomalyTestImage[];
}

/** All that may be learnt from: code that takes this type cannot look at a test picture. */
export interface AnomalyTrainData {
  categories: readonly TrainCategory[];
  skipped: readonly SkippedRecord[];
}

/** Several categories as one set. One model for all of them is the unified setting; metrics are computed per category. */
export interface AnomalyData extends AnomalyTrainData {
  categories: readonly AnomalyCategory[];
}

/** "a photo of an old plate with thread side" from a category's and a defect's folder names. */
export function captionOf(category: string, defect: string): string {
  const thing = wordsOf(category);
  const photo = `a photo of ${/^[aeiou]/i.test(thing) ? "an" : "a"} ${thing}`;
  return defect === GOOD ? photo : `${photo} with ${wordsOf(defect)}`;
}

const wordsOf = (name: string) => name.replaceAll(/[_-]+/g, " ").trim();
