import { mean, requireSamples } from "../input.ts";

export interface MmeRecord {
  task: string;
  /** Questions of one image share it. */
  image: string;
  /** "Yes" or "No", in any case. */
  label: string;
  /** The model's free text. */
  answer: string;
}

export interface MmeTaskScores {
  /** Share of questions answered right. */
  accuracy: number;
  /** Share of images whose questions were all answered right. */
  accuracyPlus: number;
  /** 100 (accuracy + accuracyPlus), at most 200. */
  score: number;
  numQuestions: number;
}

export interface MmeScores {
  tasks: Record<string, MmeTaskScores>;
  /** Sum of all tasks' scores. */
  total: number;
  /** Sum of the scores of the perception tasks present, at most 2000. */
  perception: number;
  /** Sum of the scores of the cognition tasks present, at most 800. */
  cognition: number;
}

export const mmePerceptionTasks: readonly string[] = [
  "existence",
  "count",
  "position",
  "color",
  "posters",
  "celebrity",
  "scene",
  "landmark",
  "artwork",
  "OCR",
];
export const mmeCognitionTasks: readonly string[] = [
  "commonsense_reasoning",
  "numerical_calculation",
  "text_translation",
  "code_reasoning",
];

/** yes or no as they are, else by the first four characters, else "other", which is always wrong. Source: MME, calculation.py. */
export function parseMmeAnswer(text: string): "yes" | "no" | "other" {
  const lower = text.toLowerCase();
  if (lower === "yes" || lower === "no") return lower;
  const start = [...lower].slice(0, 4).join("");
  if (start.includes("yes")) return "yes";
  return start.includes("no") ? "no" : "other";
}

/** MME's scores by task. @throws DataError METRIC_EMPTY without records. */
export function mme(records: readonly MmeRecord[]): MmeScores {
  requireSamples(records.length, "mme");
  const byTask = new Map<string, MmeRecord[]>();
  for (const record of records) {
    const task = byTask.get(record.task);
    if (task) task.push(record);
    else byTask.set(record.task, [record]);
  }
  const tasks = Object.fromEntries([...byTask].map(([task, ofTask]) => [task, scoreTask(ofTask)]));
  const sum = (names: readonly string[]) => names.reduce((total, name) => total + (tasks[name]?.score ?? 0), 0);
  return {
    tasks,
    total: sum(Object.keys(tasks)),
    perception: sum(mmePerceptionTasks),
    cognition: sum(mmeCognitionTasks),
  };
}

function scoreTask(records: readonly MmeRecord[]): MmeTaskScores {
  const imageRight = new Map<string, boolean>();
  const right = records.map(({ image, label, answer }) => {
    const isRight = parseMmeAnswer(answer) === label.toLowerCase();
    imageRight.set(image, isRight && (imageRight.get(image) ?? true));
    return Number(isRight);
  });
  const accuracy = mean(right);
  const accuracyPlus = mean([...imageRight.values()].map(Number));
  return { accuracy, accuracyPlus, score: 100 * (accuracy + accuracyPlus), numQuestions: records.length };
}
