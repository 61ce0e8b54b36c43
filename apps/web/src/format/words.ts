const fixed: Record<string, string> = {
  vqaAccuracy: "VQA accuracy",
  vqaAccuracyYesNo: "VQA accuracy, yes/no",
  vqaAccuracyNumber: "VQA accuracy, number",
  vqaAccuracyOther: "VQA accuracy, other",
  majorityAnswer: "Always the majority answer",
  questionOnlyCeiling: "Ceiling without the picture",
  "image-blanked": "Image blanked",
  full: "Full input",
  aupro: "AU-PRO",
  stepMs: "Time of a step, ms",
  avg7: "Mean, Avg7",
  avg10: "Mean, Avg10",
  lr: "Learning rate",
  learningRate: "Learning rate",
  gradNorm: "Gradient norm",
  onnx: "ONNX",
  adamw: "AdamW",
  sgd: "SGD",
  sft: "SFT",
  dpt: "DPT",
  dft: "DFT",
  vqa: "VQA",
  id: "ID",
};

const acronyms = /\b(vqa|onnx|lr|kd|ema|gpu|cpu|sft|dft|dpt|pt|auroc|f1|ap|id|mlp)\b/gi;

const units: Record<string, string> = { Px: "px", Ms: "ms", Mb: "MiB" };

/** A key as words for a reader: "warmupSteps" -> "Warmup steps", "imageSizePx" -> "Image size, px". */
export function toWords(key: string): string {
  const known = fixed[key];
  if (known !== undefined) return known;
  const [, stem = key, unit = ""] = /^(.*[a-z])(Px|Ms|Mb)$/.exec(key) ?? [];
  const words = stem
    .replace(/^num(?=[A-Z])/, "")
    .replace(/[_\-./]+/g, " ")
    .replace(/([a-z0-9])([A-Z])/g, "$1 $2")
    .toLowerCase()
    .replace(/\bgrad\b/g, "gradient")
    .replace(acronyms, (word) => word.toUpperCase())
    .trim();
  const sentence = words.charAt(0).toUpperCase() + words.slice(1);
  return unit === "" ? sentence : `${sentence}, ${units[unit]}`;
}
