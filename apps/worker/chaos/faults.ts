import { setTimeout as sleep } from "node:timers/promises";
import { attemptPids } from "../test/attempt-pids.ts";
import type { Cluster } from "./cluster.ts";

/** What a fault hit: the attempts that ran where it struck, for the time until each stage runs again. */
export interface Strike {
  workerName: string | null;
}

/** One kind of trouble. */
export interface Fault {
  name: string;
  /** Why it cannot be made here; null when it can. */
  refusal(cluster: Cluster): string | null;
  /** Resolves when the trouble is over and recovery is up to the platform. */
  strike(cluster: Cluster, pick: Picker): Promise<Strike>;
}

/** One of the list, by the suite's seeded stream; undefined for an empty one. */
export type Picker = <T>(list: readonly T[]) => T | undefined;

const always = () => null;
const nobody: Strike = { workerName: null };
const withoutRedis = ({ redis }: Cluster) => (redis === null ? "the queue is in PostgreSQL" : null);

/** To add one: an entry here. */
export const faults = [
  {
    name: "SIGKILL of a worker",
    refusal: always,
    async strike({ workers }, pick) {
      const { name, process: victim } = pick(workers)!;
      victim.kill("SIGKILL");
      return { workerName: name };
    },
  },
  {
    name: "SIGKILL of an attempt's process",
    refusal: always,
    async strike({ workers }, pick) {
      const victims = workers.flatMap(({ name, process: { pid } }) =>
        attemptPids(pid).map((child) => ({ name, child })),
      );
      const victim = pick(victims);
      if (victim === undefined) return nobody;
      kill(victim.child, "SIGKILL");
      return { workerName: victim.name };
    },
  },
  {
    name: "SIGSTOP of a worker for longer than its lease",
    refusal: always,
    async strike({ workers, leaseMs }, pick) {
      const { name, process: victim } = pick(workers)!;
      victim.kill("SIGSTOP");
      await sleep(leaseMs * 2);
      victim.kill("SIGCONT");
      return { workerName: name };
    },
  },
  {
    name: "SIGKILL of the web server",
    refusal: always,
    async strike(cluster) {
      cluster.server.process.kill("SIGKILL");
      await sleep(200);
      await cluster.serverAnswers();
      return nobody;
    },
  },
  {
    name: "crash and restart of PostgreSQL",
    refusal: always,
    async strike(cluster) {
      await cluster.restartPostgres();
      return nobody;
    },
  },
  {
    name: "SIGKILL and restart of Redis",
    refusal: withoutRedis,
    async strike({ redis }) {
      await redis!.restart();
      return nobody;
    },
  },
  {
    name: "Redis flushed empty",
    refusal: withoutRedis,
    async strike({ redis }) {
      await redis!.flush();
      return nobody;
    },
  },
  {
    name: "disk full in the artifact store",
    refusal: ({ disk }) => disk.refusal,
    async strike({ disk }) {
      const free = await disk.fill();
      await sleep(1_500);
      await free();
      return nobody;
    },
  },
  {
    name: "clock of a worker jumps by an hour",
    refusal: always,
    async strike({ workers }, pick) {
      const { process: victim } = pick(workers)!;
      victim.kill("SIGUSR2");
      return nobody;
    },
  },
] satisfies Fault[];

function kill(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch (error) {
    // It has ended in between.
    if (!(error instanceof Error && "code" in error && error.code === "ESRCH")) throw error;
  }
}
