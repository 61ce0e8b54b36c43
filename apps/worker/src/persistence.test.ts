import { RetortError } from "@retort/engine";
import { describe, expect, it } from "vitest";
import { isTransient, persist } from "./persistence.ts";

function withCode(code: string): Error {
  return Object.assign(new Error("no"), { code });
}

describe("isTransient", () => {
  it.each([
    withCode("ECONNREFUSED"),
    withCode("57P01"),
    withCode("08006"),
    withCode("40P01"),
    withCode("53300"),
    withCode("P1001"),
    new Error("Connection terminated unexpectedly"),
    new Error("outer", { cause: withCode("ECONNRESET") }),
    new AggregateError([withCode("ECONNREFUSED")]),
  ])("%s passes by itself", (error) => {
    expect(isTransient(error)).toBe(true);
  });

  it.each([
    withCode("23505"),
    withCode("22P02"),
    withCode("42703"),
    new RetortError({ code: "LOST_LEASE", message: "no" }),
    "text",
  ])("%s stays", (error) => {
    expect(isTransient(error)).toBe(false);
  });
});

describe("persist", () => {
  it("repeats until the write goes through, and says so each time", async () => {
    const lines: string[] = [];
    let tries = 0;
    const write = async () => {
      if (++tries < 3) throw withCode("ECONNREFUSED");
      return tries;
    };
    expect(await persist(write, { what: "Writing", log: (_, message) => lines.push(message) })).toBe(3);
    expect(lines).toHaveLength(2);
  });

  it("throws at once what another try would not change", async () => {
    let tries = 0;
    const write = async () => {
      tries++;
      throw withCode("23505");
    };
    await expect(persist(write, { what: "Writing", log: () => {} })).rejects.toThrow("no");
    expect(tries).toBe(1);
  });

  it("ends when it is told to, with the error of the last try", async () => {
    const giveUp = new AbortController();
    const write = async () => {
      setTimeout(() => giveUp.abort(), 20);
      throw withCode("ECONNREFUSED");
    };
    await expect(persist(write, { what: "Writing", log: () => {}, signal: giveUp.signal })).rejects.toThrow("no");
  });
});
