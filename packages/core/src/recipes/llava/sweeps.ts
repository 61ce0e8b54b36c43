import { divergenceNames } from "../../losses/divergence-kinds.ts";
import type { RecipeSweep } from "../recipe.ts";
import type { SchemeStage } from "./params.ts";

const seeds = [1, 2, 3];
const weights = "distillation.objective.weights";
const scheme = (text: string): SchemeStage[] => text.split("-") as SchemeStage[];
const afterSft = { scheme: scheme("PT-SFT-DFT") };

/** The seven of the paper, then controls with as many steps as three stages have. */
export const allSchemes = [
  "PT-SFT",
  "DPT-SFT",
  "PT-DFT",
  "DPT-DFT",
  "PT-SFT-DFT",
  "DPT-SFT-DFT",
  "DPT-DFT-DFT",
  "PT-SFT-SFT",
  "PT-DFT-DFT",
] as const;

/** The paper's ablations; each varies one thing and shares all stages that do not depend on it. */
export const llavaKdSweeps = {
  schemes: {
    title: "Stage schemes",
    summary:
      "The paper's seven orders of PT, DPT, SFT and DFT, and two controls of as many steps as three stages: PT-SFT-SFT, PT-DFT-DFT.",
    search: { space: { parameters: { scheme: { type: "choice", values: allSchemes.map(scheme) } }, seeds } },
  },
  targets: {
    title: "Targets of MDist, and RDist",
    summary: "Answer, image and instruction tokens as targets, one at a time and together; the relation term alone.",
    params: afterSft,
    search: {
      space: {
        ablations: {
          targets: {
            mode: "one-at-a-time",
            axes: {
              response: { on: { [`${weights}.response`]: 1 }, off: { [`${weights}.response`]: 0 } },
              visual: { on: { [`${weights}.visual`]: 1 }, off: { [`${weights}.visual`]: 0 } },
              prompt: { on: { [`${weights}.prompt`]: 1 }, off: { [`${weights}.prompt`]: 0 } },
              relation: { on: { [`${weights}.relation`]: 0.5 }, off: { [`${weights}.relation`]: 0 } },
            },
          },
        },
        seeds,
      },
    },
  },
  relation: {
    title: "Forms of RDist",
    summary: "The relation of image tokens off, of logits as in the paper's code, normalised, and of hidden states.",
    params: afterSft,
    search: {
      space: {
        ablations: {
          relation: {
            mode: "all-but-one",
            axes: {
              rdist: {
                on: { [`${weights}.relation`]: 0.5 },
                off: { [`${weights}.relation`]: 0 },
                variants: { "weight 5": { [`${weights}.relation`]: 5 } },
              },
              form: {
                on: { "distillation.objective.relation": { of: "logits", normalize: false } },
                off: { "distillation.objective.relation": { of: "logits", normalize: true } },
                variants: { hidden: { "distillation.objective.relation": { of: "hidden", normalize: true } } },
              },
            },
          },
        },
        seeds,
      },
    },
  },
  divergences: {
    title: "Divergences",
    summary: "Forward and reverse KL, Jensen-Shannon, total variation and the skewed KLs in place of forward KL.",
    params: afterSft,
    search: {
      space: {
        parameters: {
          distillation: { objective: { divergence: { kind: { type: "choice", values: [...divergenceNames] } } } },
        },
        seeds,
      },
    },
  },
  temperatures: {
    title: "Temperatures",
    summary: "Softer and sharper distributions of both models; the gradient keeps its size.",
    params: afterSft,
    search: {
      space: {
        parameters: {
          distillation: { objective: { divergence: { temperature: { type: "choice", values: [0.5, 1, 2, 4] } } } },
        },
        seeds,
      },
    },
  },
  weights: {
    title: "Weight of the response term",
    summary: "Alpha around the paper's 1.",
    params: afterSft,
    search: {
      space: {
        parameters: {
          distillation: { objective: { weights: { response: { type: "choice", values: [0.3, 1, 3, 10] } } } },
        },
        seeds,
      },
    },
  },
  "teacher-sizes": {
    title: "Sizes of the teacher",
    summary: "Teachers of one, two and three layers and growing width for the same student.",
    params: afterSft,
    search: {
      space: {
        parameters: {
          teacher: {
            decoder: {
              type: "choice",
              values: [
                { dim: 32, layers: 2, heads: 4, kvHeads: 2, hidden: 96, ropeBase: 10_000 },
                { dim: 64, layers: 2, heads: 4, kvHeads: 2, hidden: 192, ropeBase: 10_000 },
                { dim: 128, layers: 3, heads: 4, kvHeads: 2, hidden: 384, ropeBase: 10_000 },
              ],
            },
          },
        },
        seeds,
      },
    },
  },
  "student-sizes": {
    title: "Sizes of the student",
    summary: "Students of growing width, distilled and not: where a teacher still helps.",
    search: {
      space: {
        parameters: {
          scheme: { type: "choice", values: [scheme("PT-SFT-SFT"), scheme("PT-SFT-DFT")] },
          student: {
            decoder: {
              type: "choice",
              values: [
                { dim: 16, layers: 1, heads: 2, kvHeads: 1, hidden: 48, ropeBase: 10_000 },
                { dim: 32, layers: 2, heads: 4, kvHeads: 2, hidden: 96, ropeBase: 10_000 },
                { dim: 64, layers: 2, heads: 4, kvHeads: 2, hidden: 192, ropeBase: 10_000 },
              ],
            },
          },
        },
        seeds,
      },
    },
  },
} satisfies Record<string, RecipeSweep>;
