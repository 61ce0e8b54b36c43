import { mean, requireSamples } from "../input.ts";

/**
 * GQA accuracy, in [0, 1]: a prediction without trailing full stops, lower-cased, equals the answer; spaces count.
 * Source: LLaVA, convert_gqa_for_eval.py, and GQA's eval.py.
 * @throws DataError METRIC_EMPTY without records.
 */
export function gqa(records: readonly { prediction: string; answer: string }[]): number {
  requireSamples(records.length, "gqa");
  return mean(records.map(({ prediction, answer }) => Number(prediction.replace(/\.+$/, "").toLowerCase() === answer)));
}
