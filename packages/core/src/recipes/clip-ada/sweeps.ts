import { defectNames } from "../../data/synthetic/anomaly/synthesis-params.ts";
import type { RecipeSweep } from "../recipe.ts";

const seeds = [1, 2, 3];

/** Each varies one choice of ours and shares all stages that do not depend on it. */
export const clipAdaSweeps = {
  prompt: {
    title: "Prompt",
    summary: "Fixed words against learnt context tokens: their number, several prompts, deep tokens.",
    search: {
      space: {
        ablations: {
          prompt: {
            mode: "all-but-one",
            axes: {
              "learnt prompt": { on: { "method.prompt.learned": true }, off: { "method.prompt.learned": false } },
              tokens: {
                on: { "method.prompt.numTokens": 8 },
                off: { "method.prompt.numTokens": 1 },
                variants: { "16 tokens": { "method.prompt.numTokens": 16 } },
              },
              prompts: { on: { "method.prompt.numPrompts": 1 }, off: { "method.prompt.numPrompts": 4 } },
              "deep tokens": {
                on: { "method.prompt.numDeepTokens": 0, "method.prompt.deepBlocks": 0 },
                off: { "method.prompt.numDeepTokens": 4, "method.prompt.deepBlocks": 1 },
              },
            },
          },
        },
        seeds,
      },
    },
  },
  synthesis: {
    title: "Kinds of synthetic defects",
    summary: "Each kind alone, the three of the literature, all of them, and defects anywhere instead of on the thing.",
    search: {
      space: {
        parameters: {
          synthesis: {
            kinds: {
              type: "choice",
              values: [...defectNames.map((kind) => [kind]), ["perlin", "cutpaste", "scar"], [...defectNames]],
            },
            foreground: { type: "choice", values: ["auto", "none"] },
          },
        },
        seeds,
      },
    },
  },
  maps: {
    title: "Layers, adapter, resolution and windows",
    summary:
      "Maps of the finest layer or of three, an adapter on the features, a smaller image, windows that are encoded by themselves.",
    search: {
      space: {
        ablations: {
          maps: {
            mode: "all-but-one",
            axes: {
              layers: { on: { "method.layers": [4] }, off: { "method.layers": [4, 8, 16] } },
              adapter: { on: { "method.adapter": "none" }, off: { "method.adapter": "linear" } },
              windows: { on: { "detection.windowPx": 0 }, off: { "detection.windowPx": 128 } },
              resolution: { on: { "detection.sizePx": 256 }, off: { "detection.sizePx": 128 } },
            },
          },
        },
        seeds,
      },
    },
  },
  refinement: {
    title: "Region refinement",
    summary: "Regions refined where training chose to, in no image and in every image; three evaluations of one model.",
    params: { compareRefinement: true },
    search: { space: { seeds } },
  },
  "data-share": {
    title: "Share of the data",
    summary: "All normal pictures, 50 %, 10 % or 5 % of them, and 8, 4, 2 or 1 of each category.",
    search: {
      space: {
        ablations: {
          data: {
            mode: "all-but-one",
            axes: {
              share: {
                on: { "data.few.percent": 100, "data.few.maxImages": null },
                off: { "data.few.percent": 10 },
                variants: {
                  "50 %": { "data.few.percent": 50 },
                  "5 %": { "data.few.percent": 5 },
                  "8 images": { "data.few.maxImages": 8 },
                  "4 images": { "data.few.maxImages": 4 },
                  "2 images": { "data.few.maxImages": 2 },
                  "1 image": { "data.few.maxImages": 1 },
                },
              },
            },
          },
        },
        seeds,
      },
    },
  },
} satisfies Record<string, RecipeSweep>;
