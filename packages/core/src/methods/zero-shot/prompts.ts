/** States and sentences after WinCLIP's compositional prompt ensemble (Jeong et al. 2023), a part of them. */
export const normalStates = [
  "{}",
  "flawless {}",
  "perfect {}",
  "unblemished {}",
  "{} without flaw",
  "{} without defect",
  "{} without damage",
] as const;

export const abnormalStates = ["damaged {}", "broken {}", "{} with flaw", "{} with defect", "{} with damage"] as const;

export const templates = [
  "a photo of a {}",
  "a photo of the {}",
  "a photo of one {}",
  "a good photo of a {}",
  "a bad photo of a {}",
  "a close-up photo of a {}",
  "a cropped photo of a {}",
  "a bright photo of a {}",
  "a dark photo of a {}",
  "a blurry photo of a {}",
  "a photo of a {} for visual inspection",
  "a photo of a {} for anomaly detection",
] as const;

/** Every state of the thing in every sentence. */
export function prompts(thing: string, states: readonly string[], sentences: readonly string[]): string[] {
  return sentences.flatMap((sentence) => states.map((state) => sentence.replace("{}", state.replace("{}", thing))));
}
