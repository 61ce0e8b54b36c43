import type { Database } from "@retort/db";
import type { Evaluation, EvaluationSample } from "../contract/evaluation.ts";

export declare function listEvaluations(db: Database, runId: string): Promise<Evaluation[]>;
export declare function listSamples(
  db: Database,
  query: { evaluationId: string; offset: number; limit: number; onlyWrong: boolean },
): Promise<{ total: number; samples: EvaluationSample[] }>;
