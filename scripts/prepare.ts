import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { createRetort } from "@retort/api/client";
import { createDatabase, migrate } from "@retort/db";

export const demoProject = { slug: "demo", name: "Demo" };

interface PrepareOptions {
  databaseUrl: string;
  /** RETORT_HOME */
  home: string;
}

/** Brings a database up to date and puts in what a user needs to begin: the demo project, an API key, a sign-in link. */
export async function prepare({ databaseUrl, home }: PrepareOptions) {
  await migrate({ url: databaseUrl });
  const db = createDatabase({ url: databaseUrl });
  await db.projects.ensure(demoProject);
  const apiKey = await ensureApiKey(db, home);
  const signInPath = `/login?token=${await db.auth.createLoginToken()}`;
  const { runs } = await db.runs.list({ limit: 1 });
  return {
    signInPath,
    /** Launches the first run of an empty installation through the API, as a user would. @returns its id, null when there are runs already */
    async launchQuickstart({ url }: { url: string }): Promise<string | null> {
      if (runs.length > 0) return null;
      const { runIds } = await createRetort({ url, apiKey }).runs.launch.mutate({
        project: demoProject.slug,
        recipe: "quickstart",
        params: {},
        seeds: [1],
      });
      return runIds[0] ?? null;
    },
    close: () => db.close(),
  };
}

/** A new one-time link to a server that is up, made with this installation's API key. */
export async function signInLink({ url, home }: { url: string; home: string }): Promise<string> {
  const apiKey = readFileSync(keyFile(home), "utf8").trim();
  return (await createRetort({ url, apiKey }).auth.createLink.mutate()).url;
}

const keyFile = (home: string) => join(home, "api-key");

/** The key that the command line uses, readable by its owner alone. A key that the database does not know is replaced. */
async function ensureApiKey(db: ReturnType<typeof createDatabase>, home: string): Promise<string> {
  const path = keyFile(home);
  if (existsSync(path)) {
    const key = readFileSync(path, "utf8").trim();
    if ((await db.auth.apiKey(key)) !== null) return key;
  }
  const { key } = await db.auth.createApiKey("this machine's command line");
  writeFileSync(path, `${key}\n`, { mode: 0o600 });
  return key;
}

// As a command: for a database that this machine's start script does not keep (compose.yaml).
if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const { DATABASE_URL, RETORT_HOME } = process.env;
  if (!DATABASE_URL || !RETORT_HOME) {
    console.error("prepare needs DATABASE_URL and RETORT_HOME");
    process.exit(2);
  }
  mkdirSync(RETORT_HOME, { recursive: true, mode: 0o700 });
  const { close } = await prepare({ databaseUrl: DATABASE_URL, home: RETORT_HOME });
  await close();
  console.log("The database is ready. A link to sign in: npx retort link");
}
