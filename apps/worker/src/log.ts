import type { LogLevel } from "@retort/core";

/** The worker's own log: what it does, for whoever runs it. What a stage says goes to the database instead. */
export type Log = (level: LogLevel, message: string) => void;

/** One line a message on stderr, with the time. */
export const stderrLog: Log = (level, message) => {
  process.stderr.write(`${new Date().toISOString()} ${level.padEnd(5)} ${message}\n`);
};
