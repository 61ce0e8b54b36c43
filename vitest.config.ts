import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["packages/**/*.test.ts", "apps/**/*.test.ts", "scripts/**/*.test.ts"],
    exclude: ["**/node_modules/**", "**/.next/**"],
    globalSetup: ["packages/db/src/testing-setup.ts"],
    testTimeout: 30_000,
    hookTimeout: 60_000,
    // What is waited for comes late on two busy cores; the default is one second.
    expect: { poll: { timeout: 10_000 } },
    maxWorkers: 2,
  },
});
