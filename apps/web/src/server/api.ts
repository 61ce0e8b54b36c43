import { type Api, createApi, readEnv, type Services } from "@retort/api";
import { createDatabase } from "@retort/db";
import { createStore } from "@retort/store";

interface Server {
  services: Services;
  api: Api;
}

// Hot reload evaluates this module anew; the connections of the first evaluation live on in the process.
const held = globalThis as typeof globalThis & { retortServer?: Server };

/** Connections and routes of this process, opened at the first request and closed when the process is told to stop. */
export function server(): Server {
  held.retortServer ??= open();
  return held.retortServer;
}

function open(): Server {
  const env = readEnv();
  const db = createDatabase({ url: env.databaseUrl, log: (message) => console.warn(message) });
  const services: Services = { db, store: createStore(env.storeUrl), env };
  for (const signal of ["SIGTERM", "SIGINT"] as const) {
    process.once(signal, () => void db.close().catch(() => {}));
  }
  return { services, api: createApi(services) };
}
