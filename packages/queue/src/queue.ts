import { type JobsOptions, UnrecoverableError } from "bullmq";
import { type Backend, type JobQueue, postgresBackend, redisBackend } from "./backend.ts";
import { type JobDefinition, type JobName, type JobPayload, jobNames, jobs } from "./catalog.ts";
import { JobError } from "./errors.ts";

export interface QueueOptions {
  postgresUrl: string;
  /** Jobs go through Redis when it is given, else through Postgres. */
  redisUrl?: string;
  log?: (message: string) => void;
  /** Default 30 s. */
  lockMs?: number;
}

export interface AddOptions {
  /** While a job of this id waits or is worked on, another is not added. No ":" in it. */
  jobId?: string;
  delayMs?: number;
}

export interface BulkJob extends AddOptions {
  /** Checked against the catalog. */
  job: string;
  payload: unknown;
}

export interface JobCounts {
  waiting: number;
  active: number;
  delayed: number;
  failed: number;
}

export interface Consumer {
  /** Takes no further jobs; resolves when those in work are done. Not to be awaited by a handler. */
  pause(): Promise<void>;
  /** Comes after the pauses that were asked for before. */
  resume(): Promise<void>;
  /** Takes no further jobs and waits for those in work. */
  close(): Promise<void>;
}

/** Wakes consumers. Delivers at least once and promises nothing else: Postgres is the truth. */
export interface Queue {
  kind: Backend["kind"];
  /** @throws JobError when the payload is not the catalog's; the backend's error when it is away */
  add<N extends JobName>(job: N, payload: JobPayload<N>, options?: AddOptions): Promise<void>;
  /** All or none of each job kind. @throws JobError before anything is sent */
  addBulk(jobs: readonly BulkJob[]): Promise<void>;
  /** Calls the handler for each job; one that throws is called again by the catalog's rule. Resolves when consuming. */
  consume<N extends JobName>(
    job: N,
    handler: (payload: JobPayload<N>, delivery: { jobId: string }) => Promise<void> | void,
    options?: { concurrency?: number },
  ): Promise<Consumer>;
  counts(): Promise<Record<JobName, JobCounts>>;
  /** Closes consumers, too. */
  close(): Promise<void>;
}

const defaultLockMs = 30_000;

export function createQueue({ postgresUrl, redisUrl, log = () => {}, lockMs = defaultLockMs }: QueueOptions): Queue {
  const backend = redisUrl === undefined ? postgresBackend(postgresUrl) : redisBackend(redisUrl);
  const queues = new Map<JobName, JobQueue>();
  const consumers = new Set<Consumer>();

  const queueOf = (job: JobName): JobQueue => {
    const open = queues.get(job);
    if (open !== undefined) return open;
    const queue = backend.openQueue(job);
    queue.on("error", (error) => log(`queue ${job}: ${error.message}`));
    queues.set(job, queue);
    return queue;
  };

  return {
    kind: backend.kind,
    async add(job, payload, options = {}) {
      await queueOf(job).add(job, parse(job, payload), jobOptions(job, options));
    },
    async addBulk(list) {
      const byName = new Map<JobName, { name: string; data: unknown; opts: JobsOptions }[]>();
      for (const { job, payload, jobId, delayMs } of list) {
        const name = known(job);
        const entries = byName.get(name) ?? [];
        entries.push({ name, data: parse(name, payload), opts: jobOptions(name, { jobId, delayMs }) });
        byName.set(name, entries);
      }
      for (const [name, entries] of byName) await queueOf(name).addBulk(entries);
    },
    async consume(job, handler, { concurrency = 1 } = {}) {
      const worker = backend.openWorker(
        job,
        async ({ id = "", data }) => {
          const payload = jobs[job].payload.safeParse(data);
          // It will not get better by trying again.
          if (!payload.success) throw new UnrecoverableError(`bad payload: ${payload.error.message}`);
          await handler(payload.data as JobPayload<typeof job>, { jobId: id });
        },
        { concurrency, lockMs },
      );
      worker.on("error", (error) => log(`consumer of ${job}: ${error.message}`));
      worker.on("failed", (failed, error) => log(`job ${job} ${failed?.id ?? ""} failed: ${error.message}`));
      // BullMQ's resume() during a pause() would leave a worker that waits on a closed connection.
      let turn: Promise<void> = Promise.resolve();
      const inTurn = (step: () => Promise<void>) => {
        turn = turn.then(step, step);
        return turn;
      };
      const consumer: Consumer = {
        // pause(true) would leave the wait for a job open, and take the next one that comes.
        pause: () => inTurn(() => worker.pause()),
        resume: () =>
          inTurn(async () => {
            worker.resume();
          }),
        async close() {
          consumers.delete(consumer);
          await worker.close();
        },
      };
      consumers.add(consumer);
      await worker.waitUntilReady();
      return consumer;
    },
    async counts() {
      const entries = jobNames.map(async (job) => {
        const counts = await queueOf(job).getJobCounts("waiting", "active", "delayed", "failed");
        const { waiting = 0, active = 0, delayed = 0, failed = 0 } = counts;
        return [job, { waiting, active, delayed, failed }] as const;
      });
      return Object.fromEntries(await Promise.all(entries)) as Record<JobName, JobCounts>;
    },
    async close() {
      await Promise.all([...consumers].map((consumer) => consumer.close()));
      await Promise.all([...queues.values()].map((queue) => queue.close()));
      queues.clear();
    },
  };
}

function known(job: string): JobName {
  const name = jobNames.find((candidate) => candidate === job);
  if (name !== undefined) return name;
  throw new JobError({ code: "UNKNOWN_JOB", message: "Unknown job", expected: jobNames.join(", "), got: job });
}

function parse(job: JobName, payload: unknown): unknown {
  const result = jobs[job].payload.safeParse(payload);
  if (result.success) return result.data;
  throw new JobError({
    code: "BAD_PAYLOAD",
    message: `Wrong payload for the job "${job}"`,
    got: JSON.stringify(payload),
    where: result.error.issues.map(({ path, message }) => `${path.join(".") || "payload"}: ${message}`).join("; "),
  });
}

function jobOptions(job: JobName, { jobId, delayMs }: AddOptions): JobsOptions {
  const { retries, firstDelayMs }: JobDefinition = jobs[job];
  return {
    ...(jobId === undefined ? {} : { jobId }),
    ...(delayMs === undefined || delayMs <= 0 ? {} : { delay: delayMs }),
    attempts: retries + 1,
    backoff: { type: "exponential", delay: firstDelayMs },
    // A job that is kept would make a later one with its id vanish without a word.
    removeOnComplete: true,
    removeOnFail: { age: 86_400, count: 1_000 },
  };
}
