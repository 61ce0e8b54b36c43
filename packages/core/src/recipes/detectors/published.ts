import { type PublishedRow, publishedFraction } from "../recipe.ts";

/** What a source reports on one data set, in percent; absent where it reports nothing. */
interface Reported {
  imageAuroc?: number;
  pixelAuroc?: number;
  pixelAp?: number;
  aupro?: number;
}

interface PublishedMethod {
  label: string;
  /** How it was trained and measured; settings differ, so numbers of different settings do not rank methods. */
  setting: string;
  source: string;
  mvtec?: Reported;
  visa?: Reported;
}

const ader = "ADer benchmark (github.com/zhangzjn/ADer), 100 epochs";
const musc = "comparison table of MuSc's README (github.com/xrli-U/MuSc)";

/** Numbers that others published for full-size data and backbones. None of them is comparable with small towers trained here. */
const methods = {
  patchcore: [
    {
      label: "PatchCore, WideResNet-50",
      setting: "per category",
      source: "amazon-science/patchcore-inspection",
      mvtec: { imageAuroc: 99.2, pixelAuroc: 98.1, aupro: 94.4 },
    },
    {
      label: "PatchCore, WideResNet-50, reproduced",
      setting: "per category",
      source: "anomalib's benchmark",
      mvtec: { imageAuroc: 98.0, pixelAuroc: 98.0 },
    },
    {
      label: "PatchCore",
      setting: "unified",
      source: ader,
      mvtec: { imageAuroc: 98.8, pixelAuroc: 98.3, pixelAp: 59.9, aupro: 94.2 },
    },
  ],
  padim: [
    {
      label: "PaDiM, WideResNet-50, reproduced",
      setting: "per category",
      source: "anomalib's benchmark",
      mvtec: { imageAuroc: 95.0, pixelAuroc: 97.9 },
    },
  ],
  "few-shot": [
    {
      label: "WinCLIP",
      setting: "4 shots; its pixel numbers equal RegAD's row there, which is doubtful",
      source: musc,
      mvtec: { imageAuroc: 95.2, pixelAuroc: 96.2, aupro: 88.0 },
    },
    {
      label: "WinCLIP, re-implemented",
      setting: "4 shots",
      source: "re-implementation by zqhang on GitHub",
      mvtec: { imageAuroc: 95.3, pixelAuroc: 94.2, pixelAp: 42.2, aupro: 85.4 },
    },
    {
      label: "APRIL-GAN",
      setting: "4 shots",
      source: musc,
      mvtec: { imageAuroc: 92.8, pixelAuroc: 95.9, pixelAp: 54.5, aupro: 91.8 },
    },
  ],
  "zero-shot": [
    {
      label: "WinCLIP",
      setting: "zero shots",
      source: musc,
      mvtec: { imageAuroc: 91.8, pixelAuroc: 85.1, aupro: 64.6 },
      visa: { imageAuroc: 78.1, pixelAuroc: 79.6 },
    },
    {
      label: "WinCLIP, re-implemented",
      setting: "zero shots",
      source: "re-implementation by zqhang on GitHub",
      mvtec: { imageAuroc: 90.4, pixelAuroc: 82.3, pixelAp: 18.2, aupro: 61.9 },
    },
    {
      label: "APRIL-GAN",
      setting: "zero shots, trained on the other data set",
      source: musc,
      mvtec: { imageAuroc: 86.1, pixelAuroc: 87.6, pixelAp: 40.8, aupro: 44.0 },
      visa: { imageAuroc: 78.0, pixelAuroc: 94.2, pixelAp: 25.7, aupro: 86.8 },
    },
    {
      label: "AnomalyCLIP",
      setting: "zero shots, trained on the other data set",
      source: musc,
      mvtec: { imageAuroc: 91.5, pixelAuroc: 91.1, aupro: 81.4 },
      visa: { imageAuroc: 82.1, pixelAuroc: 95.5, aupro: 87.0 },
    },
    {
      label: "MuSc",
      setting: "zero shots, compares the test pictures with each other",
      source: musc,
      mvtec: { imageAuroc: 97.8, pixelAuroc: 97.3, pixelAp: 62.7, aupro: 93.8 },
      visa: { imageAuroc: 92.8, pixelAuroc: 98.8, pixelAp: 45.1, aupro: 92.7 },
    },
  ],
  unified: [
    {
      label: "UniAD",
      setting: "unified",
      source: ader,
      mvtec: { imageAuroc: 92.5, pixelAuroc: 95.8, pixelAp: 42.7, aupro: 89.3 },
      visa: { imageAuroc: 89.0, pixelAuroc: 98.3, pixelAp: 34.5, aupro: 86.5 },
    },
    {
      label: "UniAD, 300 epochs",
      setting: "unified",
      source: "ADer benchmark (github.com/zhangzjn/ADer), 300 epochs",
      mvtec: { imageAuroc: 96.8, pixelAuroc: 96.8, pixelAp: 45.0, aupro: 91.0 },
    },
    {
      label: "RD++",
      setting: "unified",
      source: ader,
      mvtec: { imageAuroc: 97.9, pixelAuroc: 97.3, pixelAp: 54.7, aupro: 93.2 },
      visa: { imageAuroc: 93.9, pixelAuroc: 98.4, pixelAp: 42.3, aupro: 91.9 },
    },
    {
      label: "ViTAD",
      setting: "unified",
      source: ader,
      mvtec: { imageAuroc: 98.3, pixelAuroc: 97.6, pixelAp: 55.2, aupro: 92.0 },
    },
    {
      label: "MambaAD",
      setting: "unified",
      source: ader,
      mvtec: { imageAuroc: 97.8, pixelAuroc: 97.4, pixelAp: 55.1, aupro: 93.4 },
      visa: { imageAuroc: 94.5, pixelAuroc: 98.4, pixelAp: 39.3, aupro: 92.1 },
    },
    {
      label: "InvAD",
      setting: "unified",
      source: ader,
      visa: { imageAuroc: 95.4, pixelAuroc: 98.9, pixelAp: 43.3, aupro: 93.1 },
    },
    {
      label: "Dinomaly-B",
      setting: "unified",
      source: "github.com/guojiajeremy/Dinomaly",
      mvtec: { imageAuroc: 99.6 },
      visa: { imageAuroc: 98.7 },
    },
    {
      label: "Dinomaly, DINOv3-L",
      setting: "unified",
      source: "github.com/guojiajeremy/Dinomaly",
      mvtec: { imageAuroc: 99.7, pixelAuroc: 98.8, pixelAp: 74.2, aupro: 95.8 },
    },
  ],
  "per-category": [
    {
      label: "EfficientAD-M",
      setting: "per category",
      source: "github.com/nelson1425/EfficientAD",
      mvtec: { imageAuroc: 99.1 },
      visa: { imageAuroc: 98.1 },
    },
    {
      label: "EfficientAD-S",
      setting: "per category",
      source: "github.com/nelson1425/EfficientAD",
      mvtec: { imageAuroc: 98.8 },
      visa: { imageAuroc: 97.5 },
    },
    {
      label: "EfficientAD-M, reproduced",
      setting: "per category",
      source: "anomalib's benchmark",
      mvtec: { imageAuroc: 97.5 },
    },
    {
      label: "EfficientAD-S, reproduced",
      setting: "per category",
      source: "anomalib's benchmark",
      mvtec: { imageAuroc: 98.2 },
    },
  ],
} satisfies Record<string, PublishedMethod[]>;

export type PublishedGroup = keyof typeof methods;

/** Rows of the groups named. Fractions. */
export function publishedDetectors(...groups: readonly PublishedGroup[]): PublishedRow[] {
  return groups.flatMap((group) =>
    methods[group].flatMap((method: PublishedMethod) => [
      ...rowsOf(method, "MVTec AD", method.mvtec),
      ...rowsOf(method, "VisA", method.visa),
    ]),
  );
}

function rowsOf({ label, setting, source }: PublishedMethod, dataset: string, reported: Reported = {}): PublishedRow[] {
  return Object.entries(reported).map(([metric, percent]) => ({
    label: `${label} (${setting})`,
    dataset,
    metric,
    value: publishedFraction(percent),
    source,
  }));
}
