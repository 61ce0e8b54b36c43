// The peers of docs/results/clip-ada.md: other detectors on CLIP-ADA's own towers, as they came and as its training left them, with all
// normal pictures and with 10 %, three seeds each. What brightness alone tells stands beside every evaluation by itself.
//   npx retort sweep docs/results/clip-ada/peers.ts --watch
// Towers and training are the very stages of clip-ada.yaml: whichever runs first, they are made once.
import { defineSweep } from "@retort/api/client";

const data = {
  sources: [
    { kind: "mvtec-layout", root: "../shared/data/mvtec", categories: ["screw"] },
    { kind: "mvtec-layout", root: "../shared/data/magnetic-tile", categories: ["magnetic-tile"] },
    { kind: "industrial", categories: ["woven-fabric", "perforated-metal"], imageSizePx: 256, numTrainImages: 200 },
  ],
};
const clip = { source: "pretrain", pretrain: { training: { numSteps: 300, batchSize: 16 } } };

const peer = (recipe: string) =>
  defineSweep({
    recipe,
    name: `${recipe}, peer of CLIP-ADA`,
    params: {
      data,
      clip,
      clipAda: { training: { numSteps: 1600 }, synthesis: { kinds: ["perlin", "cutpaste", "scar"] } },
      numSampleImages: 60,
      threads: 1,
    },
    search: {
      space: {
        ablations: {
          choice: {
            mode: "all-but-one",
            axes: {
              "tower as it came": { on: { tower: "as-it-came" }, off: { tower: "after-clip-ada" } },
              "all pictures": { on: { "data.few.percent": 100 }, off: { "data.few.percent": 10 } },
            },
          },
        },
        seeds: [21, 22, 23],
      },
      sampler: { kind: "grid" },
    },
  });

export const sweeps = ["patchcore", "padim", "memory-bank", "zero-shot"].map(peer);
