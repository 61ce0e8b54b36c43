import type { Database } from "@retort/db";
import type { LogLine, Series } from "../contract/stage.ts";

export declare function listSeries(
  db: Database,
  query: { stageId: string; keys?: string[] | undefined; maxPoints: number },
): Promise<{ attempt: number; series: Series[] }>;

export declare function listLogs(
  db: Database,
  query: { stageId: string; afterSeq?: number | undefined; limit: number },
): Promise<{ lines: LogLine[] }>;

export declare function explainStage(
  db: Database,
  stageId: string,
): Promise<{
  contentKey: string;
  keyParts: Record<string, unknown>;
  usedBy: { runId: string; runName: string; stageName: string; reused: boolean }[];
}>;
