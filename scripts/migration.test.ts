import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";

it("prisma/schema.prisma has no change without a migration", { timeout: 120_000 }, () => {
  const script = fileURLToPath(new URL("./migration.mjs", import.meta.url));
  const { status, stdout, stderr } = spawnSync(process.execPath, [script, "--check"], { encoding: "utf8" });
  expect(`${stdout}${stderr}`).toContain("agree");
  expect(status).toBe(0);
});
