import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { TestApi } from "@retort/api/testing";
import { afterAll, beforeAll, expect, inject, it } from "vitest";
import { repository, startTestCli, type TestCli } from "../testing.ts";

let cli: TestCli;
let api: TestApi;
let dir: string;
beforeAll(async () => {
  cli = await startTestCli(inject("postgresUrl"), { worker: false });
  ({ api, dir } = cli);
  await writeFile(join(dir, "sweep.yaml"), yaml);
});
afterAll(() => cli.close());

const retort = (...args: string[]) => cli.start(args);

const yaml = `
recipe: diagnostic
name: from yaml
params: { load: idle }
search:
  space:
    parameters: { steps: { type: int, min: 1, max: 3 } }
    seeds: [0, 1]
  mode: min
objective: { metric: loss }
`;

it("says what a YAML file would run, launches it, and handles it to its end", async () => {
  const dry = await retort("sweep", "sweep.yaml", "--dry-run");
  expect(dry.stdout).toMatch(/points +3, each with 2 seeds/);
  expect(dry.stdout).toMatch(/stages +12 asked for, 12 different, 0 shared/);
  expect(dry.stdout).toContain("12 stages will wait: no worker is online");
  expect((await api.retort.sweeps.list.query({})).sweeps).toEqual([]);

  const launched = await retort("sweep", "sweep.yaml");
  expect(launched.code).toBe(0);
  const [sweep] = (await api.retort.sweeps.list.query({})).sweeps;
  expect(launched.stdout).toBe(`launched ${sweep!.id.slice(-8)}  (${sweep!.id})\n`);
  expect(launched.stderr).toContain("No worker is online");

  const name = sweep!.id.slice(-8);
  expect((await retort("sweeps", "ls")).stdout).toMatch(/from yaml +diagnostic +running +6 pending +none yet/);
  expect((await retort("sweeps", "pause", name)).stdout).toBe(`paused ${name}\n`);
  expect((await retort("sweeps", "extend", name, "--seeds", "7")).code).toBe(0);
  expect((await retort("sweeps", "priority", name, "3")).stdout).toBe(`priority of ${name} is 3\n`);
  expect((await retort("sweeps", "resume", "from yaml")).code).toBe(0);
  const shown = await retort("sweeps", "show", name);
  expect(shown.stdout).toMatch(/trials +6 pending, of 9/);
  expect((await retort("sweeps", "cancel", name)).code).toBe(0);
  const out = join(dir, "trials.csv");
  expect((await retort("sweeps", "export", name, "--out", out)).stdout).toBe(`6 trials in ${out}\n`);
  expect((await readFile(out, "utf8")).split("\r\n")[1]).toMatch(/^0,0,cancelled,,1,/);
  const again = await retort("sweeps", "cancel", "nothing");
  expect([again.code, again.stderr]).toEqual([1, expect.stringContaining("There is no sweep")]);
}, 120_000);

it("takes TypeScript as it takes YAML, several in a file, all or none", async () => {
  const sweep = `{ recipe: "diagnostic", name: "from yaml", params: { load: "idle" }, objective: { metric: "loss" },
    search: { space: { parameters: { steps: { type: "int", min: 1, max: 3 } }, seeds: [0, 1] }, mode: "min" } }`;
  await writeFile(join(dir, "one.ts"), `export const sweep: unknown = ${sweep};`);
  const [fromTs, fromYaml] = await Promise.all([
    retort("sweep", "one.ts", "--dry-run", "--json"),
    retort("sweep", "sweep.yaml", "--dry-run", "--json"),
  ]);
  expect(JSON.parse(fromTs.stdout)).toEqual(JSON.parse(fromYaml.stdout));

  const before = (await api.retort.sweeps.list.query({})).sweeps.length;
  await writeFile(join(dir, "two.ts"), `export const sweeps = [${sweep}, { ...${sweep}, recipe: "alchemy" }];`);
  const refused = await retort("sweep", "two.ts");
  expect(refused.code).toBe(1);
  expect(refused.stderr).toContain('There is no recipe "alchemy"');
  expect((await api.retort.sweeps.list.query({})).sweeps).toHaveLength(before);

  await writeFile(join(dir, "none.yaml"), "steps: 3");
  expect(await retort("sweep", "none.yaml")).toMatchObject({
    code: 2,
    stderr: expect.stringContaining("holds no sweep"),
  });
  await writeFile(join(dir, "broken.yaml"), "a: [");
  expect((await retort("sweep", "broken.yaml")).code).toBe(2);
  expect((await retort("sweep", "diagnostic:nothing")).stderr).toContain("brings no sweep");
}, 120_000);

it("checks the examples", async () => {
  const examples = ["sweep.yaml", "sweep.ts"].map((name) => join(repository, "examples", name));
  const { code, stdout, stderr } = await retort("sweep", ...examples, "--dry-run");
  expect([code, stderr]).toEqual([0, ""]);
  expect(stdout).toMatch(
    /learning rate and size[\s\S]*runs +12\n[\s\S]*optimiser by TPE[\s\S]*without warm-up[\s\S]*runs +9\n/,
  );
}, 120_000);
