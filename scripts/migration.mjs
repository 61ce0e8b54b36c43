// Writes the migration that takes the database from prisma/migrations to prisma/schema.prisma:
//   npm run migration -- add-run-tags      a new folder in prisma/migrations, to be read, edited and committed
//   npm run migration -- --check           exit 1 when the schema has changes without a migration
// Prisma's schema engine runs as WebAssembly over a throw-away server, so nothing is downloaded and no database of yours is touched.
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { start } from "./postgres.mjs";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const schemaPath = join(root, "prisma/schema.prisma");
const migrationsDir = join(root, "prisma/migrations");
const require = createRequire(join(root, "packages/db/package.json"));
const load = (name) => import(pathToFileURL(require.resolve(name)).href);

const [argument] = process.argv.slice(2);
if (argument === undefined || (argument !== "--check" && !/^[a-z0-9]+([-_][a-z0-9]+)*$/.test(argument))) {
  console.error("Usage: npm run migration -- <name-of-the-change> | --check");
  process.exit(2);
}

const dataDir = mkdtempSync(join(tmpdir(), "retort-migration-"));
const server = await start(dataDir, { durable: false });
// A panic of the WebAssembly engine surfaces outside every promise.
process.on("uncaughtException", async (error) => {
  console.error(error);
  await server.stop();
  rmSync(dataDir, { recursive: true, force: true });
  process.exit(1);
});
try {
  const script = await pendingChanges(server.url);
  if (script === null) {
    console.log("prisma/migrations and prisma/schema.prisma agree");
  } else if (argument === "--check") {
    console.error(
      `prisma/schema.prisma has changes without a migration. Run: npm run migration -- <name>\n\n${script}`,
    );
    process.exitCode = 1;
  } else {
    const stamp = new Date().toISOString().replace(/\D/g, "").slice(0, 14);
    const folder = join(migrationsDir, `${stamp}_${argument.replaceAll("-", "_")}`);
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, "migration.sql"), script);
    const lock = join(migrationsDir, "migration_lock.toml");
    if (!existsSync(lock))
      writeFileSync(lock, '# Read by Prisma: the database these migrations are for.\nprovider = "postgresql"\n');
    console.log(`Wrote ${folder}/migration.sql`);
  }
} finally {
  await server.stop();
  rmSync(dataDir, { recursive: true, force: true });
}
process.exit();

/** @returns SQL from the migrations' state to the schema, or null when they agree. */
async function pendingChanges(url) {
  const [engineModule, { bindMigrationAwareSqlAdapterFactory }] = await Promise.all([
    load("@prisma/schema-engine-wasm/schema_engine_bg"),
    load("@prisma/driver-adapter-utils"),
  ]);
  const wasm = require.resolve("@prisma/schema-engine-wasm/schema_engine_bg").replace(/\.\w+$/, ".wasm");
  const { instance } = await WebAssembly.instantiate(readFileSync(wasm), { "./schema_engine_bg.js": engineModule });
  engineModule.__wbg_set_wasm(instance.exports);
  globalThis.PRISMA_WASM_PANIC_REGISTRY = {
    set_message: (message) => console.error(`Prisma's schema engine failed: ${message}`),
  };
  instance.exports.__wbindgen_start();

  const schema = { files: [{ path: schemaPath, content: readFileSync(schemaPath, "utf8") }] };
  const filters = { externalTables: [], externalEnums: [] };
  const engine = await engineModule.SchemaEngine.new(
    { datamodels: [[schemaPath, schema.files[0].content]] },
    () => {},
    bindMigrationAwareSqlAdapterFactory(await adapter(new URL(url))),
  );
  const { stdout } = await engine.diff({
    from: { tag: "migrations", ...migrations() },
    to: { tag: "schemaDatamodel", ...schema },
    script: true,
    exitCode: true,
    filters,
  });
  return stdout === null || /^\s*(-- This is an empty migration\.)?\s*$/.test(stdout) ? null : stdout;
}

function migrations() {
  const names = existsSync(migrationsDir)
    ? readdirSync(migrationsDir, { withFileTypes: true })
        .filter((entry) => entry.isDirectory())
        .map((entry) => entry.name)
        .sort()
    : [];
  return {
    baseDir: migrationsDir,
    lockfile: { path: "migration_lock.toml", content: 'provider = "postgresql"\n' },
    shadowDbInitScript: "",
    migrationDirectories: names.map((name) => ({
      path: name,
      migrationFile: {
        path: "migration.sql",
        content: { tag: "ok", value: readFileSync(join(migrationsDir, name, "migration.sql"), "utf8") },
      },
    })),
  };
}

/** Prisma's pg adapter, with what the schema engine needs of it and it lacks. */
async function adapter(url) {
  const [{ PrismaPg }, { default: pg }] = await Promise.all([load("@prisma/adapter-pg"), load("pg")]);
  // The catalog has columns of types that the adapter cannot read ("char", name[], int2vector ...): as text it can.
  const [text, textArray] = [25, 1009];
  const readAs = {
    18: text,
    22: text,
    24: text,
    28: text,
    194: text,
    2205: text,
    5069: text,
    1002: textArray,
    1003: textArray,
  };
  const relabel = (result) => {
    for (const { fields } of [result].flat()) {
      for (const field of fields ?? []) field.dataTypeID = readAs[field.dataTypeID] ?? field.dataTypeID;
    }
    return result;
  };
  // Since PostgreSQL 18 NOT NULL is a constraint of its own (type n). The engine takes it for one that it does not know.
  const withoutNotNull = (query) =>
    typeof query?.text === "string"
      ? { ...query, text: query.text.replace("contype NOT IN ('p', 'u', 'f')", "contype NOT IN ('p', 'u', 'f', 'n')") }
      : query;
  class Client extends pg.Client {
    query(first, ...rest) {
      const args = [withoutNotNull(first), ...rest];
      const callback = args.at(-1);
      if (typeof callback !== "function") return super.query(...args).then(relabel);
      return super.query(...args.slice(0, -1), (error, result) => callback(error, error ? result : relabel(result)));
    }
  }
  // Single fields: a connection string would win over the `database` of the shadow's connection.
  const connection = { host: url.hostname, port: Number(url.port), user: url.username, password: url.password, Client };
  const factory = new PrismaPg({ ...connection, database: url.pathname.slice(1) });
  // The server is thrown away: its second database serves as the shadow.
  factory.connectToShadowDb = () => new PrismaPg({ ...connection, database: "postgres" }).connect();
  return factory;
}
