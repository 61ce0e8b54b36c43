import type { AnomalyImage } from "../../data/anomaly/anomaly-data.ts";
import { industrialParams } from "../../data/anomaly/industrial/industrial.ts";
import { industrialLoader } from "../../data/anomaly/industrial/industrial-loader.ts";
import { BadRecords } from "../../data/bad-records.ts";

/** A few generated pictures for tests of detectors. */
export async function testPictures(count: number): Promise<AnomalyImage[]> {
  const params = industrialParams.parse({
    kind: "industrial",
    categories: ["printed-grid"],
    imageSizePx: 32,
    numTrainImages: count,
  });
  const [category] = await industrialLoader.list(params, new BadRecords("error"));
  return category!.train;
}
