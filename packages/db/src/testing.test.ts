import pg from "pg";
import { expect, inject, it } from "vitest";
import { createTestDatabase } from "./testing.ts";

async function count(url: string, sql: string): Promise<number> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query(sql)).rowCount ?? 0;
  } finally {
    await client.end();
  }
}

it("gives every caller a database of its own with all tables", async () => {
  const [a, b] = await Promise.all([
    createTestDatabase(inject("postgresUrl")),
    createTestDatabase(inject("postgresUrl")),
  ]);
  expect(a).not.toBe(b);
  await count(a, "INSERT INTO project (id, slug, name) VALUES (gen_random_uuid(), 'demo', 'Demo')");
  expect(await count(a, "SELECT FROM project")).toBe(1);
  expect(await count(b, "SELECT FROM project")).toBe(0);
});
