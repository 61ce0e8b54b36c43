import pg, { type Pool } from "pg";

const types = ["stage", "report", "run", "worker", "sweep"] as const;

/**
 * Something about the row changed: read it again. A "report" is what a running stage tells many times a second (points, log lines,
 * progress), and has its stage's id: it changes nothing that others wait for.
 */
export interface DatabaseEvent {
  type: (typeof types)[number];
  id: string;
}

export interface EventListener {
  onEvent(event: DatabaseEvent): void;
  /** The connection was lost and is back: events may have been missed, read everything again. */
  onGap?(): void;
}

export interface Events {
  publish(event: DatabaseEvent): Promise<void>;
  /** Resolves when listening. All listeners of a Database share one connection, which reconnects by itself. */
  listen(listener: EventListener | EventListener["onEvent"]): Promise<{ close(): Promise<void> }>;
}

export const channel = "retort";
const firstDelayMs = 50;
const maxDelayMs = 5_000;

/** SQL that publishes when its transaction commits. Payloads are a type and an id: far below NOTIFY's 8,000 bytes. */
export function notifySql(type: DatabaseEvent["type"], id: string): string {
  return `pg_notify('${channel}', json_build_object('type', '${type}', 'id', ${id})::text)`;
}

interface EventsOptions {
  pool: Pool;
  url: string;
  log: (message: string) => void;
}

export function events({ pool, url, log }: EventsOptions): Events & { close(): Promise<void> } {
  const listeners = new Set<EventListener>();
  /** The connection in use or in the making; one that was given up is not it. */
  let connection: Promise<pg.Client> | null = null;
  let retryTimer: NodeJS.Timeout | undefined;

  const dispatch = (payload: string | undefined) => {
    const event = parseEvent(payload);
    if (event !== null) for (const listener of listeners) listener.onEvent(event);
  };

  function connect(): Promise<pg.Client> {
    clearTimeout(retryTimer);
    const mine = open(() => {
      if (connection !== mine) return;
      connection = null;
      if (listeners.size > 0) reconnect(firstDelayMs);
    });
    connection = mine;
    mine.catch(() => {
      if (connection === mine) connection = null;
    });
    return mine;
  }

  async function open(onEnd: () => void): Promise<pg.Client> {
    const client = new pg.Client({ connectionString: url, keepAlive: true, application_name: "retort events" });
    client.on("notification", ({ payload }) => dispatch(payload));
    // 'end' follows every error; without a listener the error would end the process.
    client.on("error", (error) => log(`The database's event connection broke: ${error.message}`));
    try {
      await client.connect();
      await client.query(`LISTEN ${channel}`);
    } catch (error) {
      await client.end().catch(() => {});
      throw error;
    }
    client.once("end", onEnd);
    return client;
  }

  function reconnect(delayMs: number): void {
    retryTimer = setTimeout(() => {
      if (listeners.size === 0 || connection !== null) return;
      connect().then(
        () => {
          for (const listener of listeners) listener.onGap?.();
        },
        (error: Error) => {
          log(`No event connection to the database yet: ${error.message}`);
          if (listeners.size > 0) reconnect(Math.min(delayMs * 2, maxDelayMs));
        },
      );
    }, delayMs);
    retryTimer.unref();
  }

  async function disconnect(): Promise<void> {
    clearTimeout(retryTimer);
    const last = connection;
    connection = null;
    const client = await last?.catch(() => null);
    await client?.end();
  }

  return {
    async publish({ type, id }) {
      await pool.query(`SELECT ${notifySql(type, "$1::text")}`, [id]);
    },
    async listen(target) {
      const listener = typeof target === "function" ? { onEvent: target } : { ...target };
      listeners.add(listener);
      try {
        await (connection ?? connect());
      } catch (error) {
        listeners.delete(listener);
        throw error;
      }
      return {
        async close() {
          listeners.delete(listener);
          if (listeners.size === 0) await disconnect();
        },
      };
    },
    async close() {
      listeners.clear();
      await disconnect();
    },
  };
}

/** Others may use the channel, too: what is not ours is passed over. */
function parseEvent(payload: string | undefined): DatabaseEvent | null {
  try {
    const value: unknown = JSON.parse(payload ?? "");
    if (typeof value !== "object" || value === null || !("type" in value) || !("id" in value)) return null;
    const { type, id } = value;
    const known = types.find((each) => each === type);
    return known === undefined || typeof id !== "string" ? null : { type: known, id };
  } catch {
    return null;
  }
}
