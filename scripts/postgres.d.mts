export interface PostgresServer {
  /** Superuser URL of the database "retort". */
  url: string;
  port: number;
  pid: number;
  /** The server was already up, left by a process that was killed. */
  reused: boolean;
  /** Shuts the server down (open transactions are rolled back) and waits until it is gone. Safe to call twice. */
  stop(): Promise<void>;
}

export interface PostgresOptions {
  /** Port to listen on when it is free; else the next free one. */
  port?: number;
  /** False gives up crash safety for speed: throw-away test servers only. Default true. */
  durable?: boolean;
  log?: (line: string) => void;
}

/**
 * Starts the embedded PostgreSQL on a data directory, which it creates when missing, or takes over the server that is
 * already up on it. Works as root (the server then runs as the user "postgres") and unprivileged.
 * @throws Error with what to do: directory not writable, no postgres user, server did not come up (with its log).
 */
export function start(dataDir: string, options?: PostgresOptions): Promise<PostgresServer>;

/** Ends the server whose postmaster.pid stands in the data directory, if one is up. */
export function stop(dataDir: string): Promise<boolean>;
