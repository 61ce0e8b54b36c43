import {
  type BackendFactory,
  createPostgresBackend,
  createRedisBackend,
  type IQueueBackend,
  type JobsOptions,
  withBackend,
} from "bullmq";

/** What we use of BullMQ's Queue, whatever it stands on. */
export interface JobQueue {
  add(name: string, data: unknown, options: JobsOptions): Promise<unknown>;
  addBulk(jobs: { name: string; data: unknown; opts: JobsOptions }[]): Promise<unknown>;
  getJobCounts(...states: ("waiting" | "active" | "delayed" | "failed")[]): Promise<Record<string, number>>;
  on(event: "error", listener: (error: Error) => void): unknown;
  close(): Promise<void>;
}

export interface JobWorker {
  waitUntilReady(): Promise<unknown>;
  pause(doNotWaitActive?: boolean): Promise<void>;
  resume(): unknown;
  on(event: "error", listener: (error: Error) => void): unknown;
  on(event: "failed", listener: (job: { id?: string } | undefined, error: Error) => void): unknown;
  close(force?: boolean): Promise<void>;
}

export interface Delivery {
  id?: string;
  data: unknown;
}

export interface WorkerSettings {
  concurrency: number;
  /** A consumer that does not renew its hold on a job for so long has died; another gets the job. */
  lockMs: number;
}

export interface Backend {
  kind: "postgres" | "redis";
  openQueue(name: string): JobQueue;
  openWorker(name: string, process: (delivery: Delivery) => Promise<void>, settings: WorkerSettings): JobWorker;
}

/** Jobs in the schema "bullmq" of the database, which BullMQ sets up by itself. */
export function postgresBackend(connectionString: string): Backend {
  const connection = { connectionString, schema: "bullmq", migrate: true, application_name: "retort queue" };
  return over(createPostgresBackend, {
    kind: "postgres",
    producer: { ...connection, max: 2 },
    consumer: { ...connection, max: 4 },
  });
}

/** Jobs in Redis. It needs `maxmemory-policy noeviction`; what a flush loses is sent again from the database. */
export function redisBackend(url: string): Backend {
  return over(createRedisBackend, {
    kind: "redis",
    // A producer fails while Redis is away, and its message stays in the outbox; a consumer waits for Redis to come back.
    producer: { url, maxRetriesPerRequest: 1 },
    consumer: { url, maxRetriesPerRequest: null },
  });
}

function over<B extends IQueueBackend, C>(
  factory: BackendFactory<B, C>,
  { kind, producer, consumer }: { kind: Backend["kind"]; producer: C; consumer: C },
): Backend {
  const { Queue, Worker } = withBackend(factory);
  return {
    kind,
    openQueue: (name) => new Queue<unknown, void>(name, { connection: producer, skipWaitingForReady: true }),
    openWorker: (name, process, { concurrency, lockMs }) =>
      new Worker<unknown, void>(name, process, {
        connection: consumer,
        concurrency,
        lockDuration: lockMs,
        stalledInterval: lockMs,
        // A killed consumer's job is not at fault: it may come back as often as consumers are killed.
        maxStalledCount: 1_000,
      }),
  };
}
