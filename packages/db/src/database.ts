import { PrismaPg } from "@prisma/adapter-pg";
import pg, { type Pool } from "pg";
import { type Artifacts, artifacts } from "./artifacts.ts";
import { type Attempts, attempts } from "./attempts.ts";
import { type Auth, auth } from "./auth.ts";
import { type Checkpoints, checkpoints } from "./checkpoints.ts";
import { type Costs, costs } from "./costs.ts";
import { type Evaluations, evaluations } from "./evaluations.ts";
import { type Events, events } from "./events.ts";
import { PrismaClient } from "./generated/client.ts";
import { type Leaderboard, leaderboard } from "./leaderboard.ts";
import { type Logs, logs } from "./logs.ts";
import { type Metrics, metrics } from "./metrics.ts";
import { type Outbox, outbox } from "./outbox.ts";
import { type Projects, projects } from "./projects.ts";
import { type Runs, runs } from "./runs.ts";
import { type Stages, stages } from "./stages.ts";
import { type Sweeps, sweeps } from "./sweeps.ts";
import { type WorkerSamples, workerSamples } from "./worker-samples.ts";
import { type Workers, workers } from "./workers.ts";

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
  workerSamples: WorkerSamples;
  outbox: Outbox;
  evaluations: Evaluations;
  leaderboard: Leaderboard;
  sweeps: Sweeps;
  costs: Costs;
  auth: Auth;
  events: Events;
  close(): Promise<void>;
}

/** int8 arrives as number: counts, sizes in bytes and sequence numbers of ours stay below 2^53. */
const int8 = 20;
const timestamptz = 1184;
const types: pg.CustomTypesConfig = {
  getTypeParser: (oid: number, format?: "text" | "binary") => {
    const parse = pg.types.getTypeParser(oid, format);
    if (format === "binary") return parse;
    if (oid === int8) return Number;
    return oid === timestamptz ? (text: string) => utcDate(text) ?? parse(text) : parse;
  },
};

/** "2026-11-27 19:02:12.704123+00", as servers in UTC write it, in a third of the general parser's time; null for any other form. */
function utcDate(text: string): Date | null {
  const isUtc = text[10] === " " && text.endsWith("+00");
  return isUtc ? new Date(`${text.slice(0, 10)}T${text.slice(11, -3)}Z`) : null;
}

/** Opens connections when they are needed; a database that is away makes the calls fail, never the process. */
export function createDatabase({ url, poolSize = 10, log = () => {} }: DatabaseOptions): Database {
  const pool = new pg.Pool({
    connectionString: url,
    max: poolSize,
    types,
    keepAlive: true,
    connectionTimeoutMillis: 30_000,
    // A process that is frozen in the middle of a transaction holds its rows, and nobody could take its stages back.
    idle_in_transaction_session_timeout: 10_000,
    application_name: "retort",
  });
  // Without a listener the end of an idle connection would end the process.
  pool.on("error", (error) => log(`A database connection broke: ${error.message}`));
  pool.on("connect", (client) => client.on("error", (error) => log(`A database connection broke: ${error.message}`)));
  const prisma = new PrismaClient({ adapter: new PrismaPg(pool) });
  const eventHub = events({ pool, url, log });
  const evaluationTable = evaluations(pool);
  let closing: Promise<void> | null = null;
  const close = async () => {
    await eventHub.close();
    await prisma.$disconnect();
    await pool.end();
  };
  return {
    prisma,
    pool,
    projects: projects(pool),
    runs: runs(pool, evaluationTable),
    stages: stages(pool),
    attempts: attempts(pool),
    metrics: metrics(pool),
    logs: logs(pool),
    artifacts: artifacts(pool),
    checkpoints: checkpoints(pool),
    workers: workers(pool),
    workerSamples: workerSamples(pool),
    outbox: outbox(pool),
    evaluations: evaluationTable,
    leaderboard: leaderboard(pool),
    sweeps: sweeps(pool),
    costs: costs(pool),
    auth: auth(pool),
    events: eventHub,
    close() {
      closing ??= close();
      return closing;
    },
  };
}
