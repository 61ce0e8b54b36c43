import type { Pool } from "pg";
import type { Artifacts } from "./artifacts.ts";
import type { Attempts } from "./attempts.ts";
import type { Auth } from "./auth.ts";
import type { Checkpoints } from "./checkpoints.ts";
import type { Evaluations } from "./evaluations.ts";
import type { Events } from "./events.ts";
import type { PrismaClient } from "./generated/client.ts";
import type { Leaderboard } from "./leaderboard.ts";
import type { Logs } from "./logs.ts";
import type { Metrics } from "./metrics.ts";
import type { Outbox } from "./outbox.ts";
import type { Projects } from "./projects.ts";
import type { Runs } from "./runs.ts";
import type { Stages } from "./stages.ts";
import type { Workers } from "./workers.ts";

export interface DatabaseOptions {
  /** postgresql://user:password@host:port/database */
  url: string;
  /** Connections at most. Default 10. */
  poolSize?: number;
  /** Told of connections that broke; the pool replaces them. */
  log?: (message: string) => void;
}

/** Everything the platform remembers. Close it when done. */
export interface Database {
  prisma: PrismaClient;
  pool: Pool;
  projects: Projects;
  runs: Runs;
  stages: Stages;
  attempts: Attempts;
  metrics: Metrics;
  logs: Logs;
  artifacts: Artifacts;
  checkpoints: Checkpoints;
  workers: Workers;
  outbox: Outbox;
  evaluations: Evaluations;
  leaderboard: Leaderboard;
  auth: Auth;
  events: Events;
  close(): Promise<void>;
}
