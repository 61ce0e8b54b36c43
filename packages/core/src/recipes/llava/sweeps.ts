import { divergenceNames } from "../../losses/divergence-kinds.ts";
import type { RecipeSweep } from "../recipe.ts";
import type { SchemeStage } from "./params.ts";

const seeds = [1, 2, 3];
const weights = "distillation.objective.weights";
const scheme = (text: string): SchemeStage[] => text.split("-") as SchemeStage[];
const afterSft = { scheme: scheme("PT-SFT-DFT") };

const toAnswers = { response: 1, visual: 0, relation: 0 };
const toAnswersAndImage = { response: 1, visual: 1, relation: 0 };
/** DPT by itself, then SFT. */
const inAlignment = (weights: object) => ({
  scheme: scheme("DPT-SFT"),
  "distillation.alignment": { weights: { ...weights } },
});
/** DFT, after DPT with every target and SFT. */
const inTuning = (weights: object) => ({
  scheme: scheme("DPT-SFT-DFT"),
  "distillation.alignment": {},
  "distillation.objective.weights": { ...weights },
});

/** A term at the paper's weight, without it, and at other weights. */
function weightAxis(term: "response" | "visual" | "relation", { paper, others }: { paper: number; others: number[] }) {
  const at = (weight: number) => ({ [`${weights}.${term}`]: weight });
  return { on: at(paper), off: at(0), variants: Object.fromEntries(others.map((weight) => [`${weight}`, at(weight)])) };
}

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
  "stage-targets": {
    title: "Targets of each stage",
    summary:
      "The paper's rows: DPT before SFT, and DFT after both, with answer tokens as targets and with image tokens too; between " +
      "no distillation at all and everything.",
    search: {
      space: {
        ablations: {
          targets: {
            mode: "all-but-one",
            axes: {
              targets: {
                on: { scheme: scheme("DPT-SFT-DFT") },
                off: { scheme: scheme("PT-SFT") },
                variants: {
                  "DPT response": inAlignment(toAnswers),
                  "DPT response and visual": inAlignment(toAnswersAndImage),
                  "DPT everything": { scheme: scheme("DPT-SFT") },
                  "DFT response": inTuning(toAnswers),
                  "DFT response and visual": inTuning(toAnswersAndImage),
                },
              },
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
    title: "Weights of the terms",
    summary:
      "Alpha, beta and gamma one at a time around the paper's 1, 1 and 0.5; gamma 1 is that of the paper's code.",
    params: afterSft,
    search: {
      space: {
        ablations: {
          weights: {
            mode: "all-but-one",
            axes: {
              alpha: weightAxis("response", { paper: 1, others: [0.3, 3, 10] }),
              beta: weightAxis("visual", { paper: 1, others: [0.3, 3, 10] }),
              gamma: weightAxis("relation", { paper: 0.5, others: [0.1, 1, 5] }),
            },
          },
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
