// `npm start`: from a fresh clone to a served page. Node's own modules only, until the dependencies are there.
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { installDependencies, requireNode, root } from "./install.mjs";

const usage = `npm start [-- --no-quickstart]   build and serve; state in .retort (RETORT_HOME overrides)
npm run dev                      the same with hot reload of the dashboard and restart of the worker

PORT, HOST       where the dashboard listens (127.0.0.1, first free port from 3000)
DATABASE_URL     a PostgreSQL server of yours instead of the built-in one
REDIS_URL        queue in Redis instead of PostgreSQL
RETORT_STORE_URL where artifacts are kept (file:///... )`;

const { values: flags } = parseArgs({
  options: { dev: { type: "boolean" }, "no-quickstart": { type: "boolean" }, help: { type: "boolean", short: "h" } },
});
if (flags.help) {
  console.log(usage);
  process.exit(0);
}

const home = resolve(process.env.RETORT_HOME || join(root, ".retort"));
const host = process.env.HOST || "127.0.0.1";
const serverFile = join(home, "server.json");
const mode = flags.dev ? "dev" : "production";
/** What has been started, in the order in which it is stopped: last first. */
const running = [];
let stopping = null;

for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, () => void stop(0));

try {
  await main();
} catch (error) {
  console.error(`\n${error.message}`);
  if (process.env.DEBUG) console.error(error);
  await stop(1);
}

async function main() {
  requireNode();
  mkdirSync(join(home, "logs"), { recursive: true, mode: 0o700 });
  await installDependencies();
  if (await alreadyRunning()) return;

  const [{ answering }, { generate }, { choosePort }, { Supervised }] = await Promise.all([
    import("./answering.mjs"),
    import("./generate.mjs"),
    import("./ports.mjs"),
    import("./supervisor.mjs"),
  ]);
  generate();
  const port = await choosePort(host, process.env.PORT);
  const url = `http://${host.includes(":") ? `[${host}]` : host}:${port}`;
  const [databaseUrl] = await Promise.all([database(), queue(), flags.dev ? undefined : build()]);
  if (stopping) return;

  const { prepare } = await importTypeScript("./prepare.ts");
  const prepared = await prepare({ databaseUrl, home });
  const env = {
    ...process.env,
    DATABASE_URL: databaseUrl,
    RETORT_HOME: home,
    HOST: host,
    PORT: String(port),
    NEXT_TELEMETRY_DISABLED: "1",
    NODE_ENV: flags.dev ? "development" : "production",
  };
  const service = (name, args) => {
    const logPath = join(home, "logs", `${name}.log`);
    const started = new Supervised({
      name,
      args: ["--import", new URL("./end-with-parent.mjs", import.meta.url).href, ...args],
      env,
      logPath,
      show: flags.dev,
    });
    running.push(started);
    started.failed.then((reason) => fail(reason));
    return started;
  };
  service("web", [
    join(root, "node_modules/next/dist/bin/next"),
    flags.dev ? "dev" : "start",
    "apps/web",
    "-H",
    host,
    "-p",
    String(port),
  ]);
  service(
    "worker",
    flags.dev
      ? ["--watch-path=apps/worker/src", "--watch-path=packages", "--import", "tsx", "apps/worker/src/main.ts"]
      : ["--import", "tsx", "apps/worker/src/main.ts"],
  );
  // A dashboard that cannot be kept running stops the start.
  await answering(`${url}/login`, {
    isOver: () => stopping !== null,
    onWaiting: (seconds, last) =>
      console.log(
        `Waiting for the dashboard at ${url} for ${seconds} s now (${last}); ` +
          (flags.dev ? "its first page is being compiled." : `its log: ${join(home, "logs", "web.log")}`),
      ),
  });
  if (stopping) return;

  writeFileSync(serverFile, JSON.stringify({ url, pid: process.pid }), { mode: 0o600 });
  if (!flags["no-quickstart"]) {
    const runId = await prepared.launchQuickstart({ url });
    if (runId !== null) console.log("The quickstart run has been launched; watch it learn on the page.");
  }
  console.log(
    `\n  Retort is running (${mode}). Open this link once to sign in:\n\n  ${url}${prepared.signInPath}\n\n  Another link: npx retort link.  Logs: ${join(home, "logs")}.  Stop: Ctrl-C.\n`,
  );
  await prepared.close();
}

/** A second start on the same state gives a link to the first one. */
async function alreadyRunning() {
  if (!existsSync(serverFile)) return false;
  const { url, pid } = JSON.parse(readFileSync(serverFile, "utf8"));
  const alive = await fetch(`${url}/login`, { signal: AbortSignal.timeout(2000), redirect: "manual" }).then(
    () => isAlive(pid),
    () => false,
  );
  if (!alive) {
    rmSync(serverFile);
    return false;
  }
  const { signInLink } = await importTypeScript("./prepare.ts");
  console.log(
    `Retort is already running from ${home} (process ${pid}). Sign in:\n\n  ${await signInLink({ url, home })}\n`,
  );
  return true;
}

function isAlive(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

async function database() {
  const { checkPostgres } = await import("./services.mjs");
  if (process.env.DATABASE_URL) {
    await checkPostgres(process.env.DATABASE_URL);
    return process.env.DATABASE_URL;
  }
  const { start } = await import("./postgres.mjs");
  const server = await start(join(home, "postgres"), { log: (line) => console.log(line) });
  running.unshift(server);
  return server.url;
}

async function queue() {
  if (!process.env.REDIS_URL) return;
  const { checkRedis } = await import("./services.mjs");
  await checkRedis(process.env.REDIS_URL);
}

async function build() {
  const { buildDashboard } = await import("./build.mjs");
  await buildDashboard();
}

async function importTypeScript(path) {
  const { register } = await import("tsx/esm/api");
  register();
  return import(path);
}

function fail(reason) {
  if (stopping) return;
  console.error(`\n${reason}`);
  void stop(1);
}

/** Ends what was started: worker and dashboard together, the database after them. */
function stop(code) {
  stopping ??= (async () => {
    rmSync(serverFile, { force: true });
    const [server, ...services] = running[0]?.url === undefined ? [null, ...running] : running;
    await Promise.all(services.map((service) => service.stop()));
    await server?.stop();
    process.exit(code);
  })();
  return stopping;
}
