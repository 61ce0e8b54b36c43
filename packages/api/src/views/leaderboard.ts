import type { Database } from "@retort/db";
import type { Leaderboard } from "../contract/leaderboard.ts";

export declare function readLeaderboard(
  db: Database,
  query: { recipe: string; project?: string | undefined; dataset?: string | undefined; metric?: string | undefined },
): Promise<Leaderboard>;
