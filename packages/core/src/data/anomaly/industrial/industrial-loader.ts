import { Rng } from "../../../base/rng.ts";
import { captionOf, GOOD } from "../anomaly-data.ts";
import type { AnomalySourceLoader, ListedTestImage } from "../listing.ts";
import { drawIndustrial, type IndustrialPicture } from "./draw.ts";
import type { IndustrialParams } from "./industrial.ts";
import type { DefectKind, SurfaceName } from "./names.ts";

/** Draws each picture when it is asked for; picture i is the same however many there are. */
export const industrialLoader: AnomalySourceLoader<IndustrialParams> = {
  version: 1,
  async list({ categories, defects, imageSizePx: sizePx, numTrainImages, numTestGood, numTestAnomalous, dataSeed }) {
    const rng = Rng.fromSeed(dataSeed).stream("industrial");
    return [...new Set(categories)].map((name) => {
      const make = (split: string, defect: DefectKind | null, index: number) =>
        pictureOf({ name, split, defect, index, sizePx, rng });
      return {
        name,
        where: `the generated category ${name}`,
        isGenerated: true,
        train: Array.from({ length: numTrainImages }, (_, index) => make("train", null, index)),
        test: [
          ...Array.from({ length: numTestGood }, (_, index) => make("test", null, index)),
          ...Array.from({ length: numTestAnomalous }, (_, index) =>
            make("test", defects[index % defects.length]!, Math.floor(index / defects.length)),
          ),
        ],
      };
    });
  },
};

interface Place {
  name: SurfaceName;
  split: string;
  defect: DefectKind | null;
  index: number;
  sizePx: number;
  rng: Rng;
}

function pictureOf({ name, split, defect, index, sizePx, rng }: Place): ListedTestImage {
  const imageId = `${name}/${split}/${defect ?? GOOD}/${String(index).padStart(3, "0")}`;
  // Who asks for the picture asks for its mask next: it is drawn once for both, and not held for longer.
  let drawn: WeakRef<IndustrialPicture> | undefined;
  const draw = (): IndustrialPicture => {
    const picture = drawn?.deref() ?? drawIndustrial({ surface: name, defect, sizePx, rng: rng.stream(imageId) });
    drawn = new WeakRef(picture);
    return picture;
  };
  const rgb = (data: Uint8Array, label: string) =>
    ({ kind: "rgb", width: sizePx, height: sizePx, data, label }) as const;
  return {
    imageId,
    category: name,
    caption: captionOf(name, defect ?? GOOD),
    defect: defect ?? GOOD,
    size: { width: sizePx, height: sizePx },
    image: () => rgb(draw().rgb, imageId),
    mask() {
      if (defect === null) return null;
      const { mask } = draw();
      // Three equal channels: masks are read as pictures are.
      return rgb(
        Uint8Array.from({ length: mask.length * 3 }, (_, at) => 255 * mask[Math.floor(at / 3)]!),
        `mask of ${imageId}`,
      );
    },
  };
}
