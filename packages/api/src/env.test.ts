import { describe, expect, it } from "vitest";
import { readEnv } from "./env.ts";

const DATABASE_URL = "postgresql://retort@127.0.0.1:5432/retort";

describe("readEnv", () => {
  it("answers loopback names only on loopback, and any name beyond unless told", () => {
    expect(readEnv({ DATABASE_URL }).hostNames).toEqual(["localhost", "127.0.0.1", "[::1]"]);
    expect(readEnv({ DATABASE_URL, HOST: "127.0.0.2" }).hostNames).toContain("127.0.0.2");
    expect(readEnv({ DATABASE_URL, HOST: "0.0.0.0" }).hostNames).toBeNull();
    expect(readEnv({ DATABASE_URL, HOST: "0.0.0.0", RETORT_HOSTS: "Lab.example" }).hostNames).toContain("lab.example");
  });

  it("keeps artifacts in its home by default", () => {
    const env = readEnv({ DATABASE_URL, RETORT_HOME: "/srv/retort", REDIS_URL: "" });
    expect(env.storeUrl).toBe("file:///srv/retort/artifacts");
    expect(env.redisUrl).toBeUndefined();
  });

  it("names the variable that is missing or wrong", () => {
    expect(() => readEnv({})).toThrow(/DATABASE_URL/);
    expect(() => readEnv({ DATABASE_URL: "mysql://x" })).toThrow(/DATABASE_URL.*mysql/);
    expect(() => readEnv({ DATABASE_URL, PORT: "many" })).toThrow(/PORT/);
  });
});
