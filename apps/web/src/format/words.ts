const fixed: Record<string, string> = {
  vqaAccuracy: "VQA accuracy",
  "image-blanked": "Image blanked",
  full: "Full input",
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

/** A key as words for a reader: "warmupSteps" -> "Warmup steps", "image-blanked" -> "Image blanked". */
export function toWords(key: string): string {
  const known = fixed[key];
  if (known !== undefined) return known;
  const spaced = key
    .replace(/^num(?=[A-Z])/, "")
    .replace(/Px$/, ", px")
    .replace(/[_\-./]+/g, " ")
    .replace(/([a-z0-9])([A-Z])/g, "$1 $2")
    .toLowerCase()
    .replace(/\bgrad\b/g, "gradient")
    .replace(acronyms, (word) => word.toUpperCase())
    .trim();
  return spaced.charAt(0).toUpperCase() + spaced.slice(1);
}
