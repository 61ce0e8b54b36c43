import type { Database } from "@retort/db";
import type { StageEvent } from "../contract/stage.ts";

export declare function stageEvents(
  db: Database,
  options: { stageId: string; lastEventId?: string | null | undefined; signal: AbortSignal },
): AsyncGenerator<{ id: string; event: StageEvent }>;
