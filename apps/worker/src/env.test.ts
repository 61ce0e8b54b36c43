import { describe, expect, it } from "vitest";
import { childEnvironment, readEnv } from "./env.ts";

const minimal = { DATABASE_URL: "postgresql://u:p@localhost:5432/retort", RETORT_HOME: "/home/x/.retort" };

describe("readEnv", () => {
  it("fills in what is not set, and takes empty for not set", () => {
    expect(readEnv({ ...minimal, REDIS_URL: "" })).toMatchObject({
      redisUrl: undefined,
      storeUrl: "file:///home/x/.retort/artifacts",
      workRoot: "/home/x/.retort/work",
      leaseMs: 30_000,
    });
  });

  it("names each variable that is wrong", () => {
    expect(() => readEnv({ RETORT_LEASE_MS: "soon" })).toThrow(
      expect.objectContaining({ code: "BAD_ENVIRONMENT", where: "DATABASE_URL, RETORT_LEASE_MS" }),
    );
    expect(() => readEnv({ ...minimal, DATABASE_URL: "mysql://localhost" })).toThrow(/DATABASE_URL/);
  });
});

describe("childEnvironment", () => {
  it("bounds the pools of threads and keeps back credentials and what belongs to the worker's own process", () => {
    const before = { ...process.env };
    try {
      process.env.DATABASE_URL = "postgresql://secret";
      process.env.RETORT_API_KEY = "secret";
      process.env.WATCH_REPORT_DEPENDENCIES = "1";
      process.env.MALLOC_MMAP_THRESHOLD_ = "1000";
      const environment = childEnvironment(3);
      expect(environment).toMatchObject({ OMP_NUM_THREADS: "3", VIPS_CONCURRENCY: "3", PATH: process.env.PATH });
      expect(environment).toMatchObject({ MALLOC_TRIM_THRESHOLD_: "2147483648", MALLOC_MMAP_THRESHOLD_: "1000" });
      expect(JSON.stringify(environment)).not.toContain("secret");
      expect(environment).not.toHaveProperty("WATCH_REPORT_DEPENDENCIES");
    } finally {
      process.env = before;
    }
  });
});
