import { createApi, readEnv } from "@retort/api";
import { serveApi } from "@retort/api/testing";
import { createDatabase } from "@retort/db";
import { createStore } from "@retort/store";

// What the dashboard mounts, on a plain HTTP server: a process that people's requests go to, and that dies under them.

const env = readEnv();
const db = createDatabase({ url: env.databaseUrl, log: (message) => console.error(message) });
await serveApi(createApi({ db, store: createStore(env.storeUrl), env }), env.port);
