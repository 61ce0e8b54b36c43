import { describe, expect, it } from "vitest";
import { cgroupDirectories, cgroupFiles, cgroupLimit } from "./cgroup.ts";

describe("cgroupDirectories", () => {
  it("goes from the process's group to the root", () => {
    expect(cgroupDirectories("0::/system.slice/retort.service\n")).toEqual([
      "/sys/fs/cgroup/system.slice/retort.service",
      "/sys/fs/cgroup/system.slice",
      "/sys/fs/cgroup",
    ]);
  });

  it("is the root alone in a namespace of its own, and where there is no version 2", () => {
    expect(cgroupDirectories("0::/\n").map((directory) => directory.replace(/\/$/, ""))).toEqual(["/sys/fs/cgroup"]);
    expect(cgroupDirectories("4:memory:/x\n").map((directory) => directory.replace(/\/$/, ""))).toEqual([
      "/sys/fs/cgroup",
    ]);
  });
});

describe("cgroupFiles", () => {
  it("does without files that are not there", () => {
    expect(cgroupFiles("no.such.file")).toEqual([]);
  });
});

describe("cgroupLimit", () => {
  it.each([
    ["max\n", Number.POSITIVE_INFINITY],
    ["-1\n", Number.POSITIVE_INFINITY],
    [undefined, Number.POSITIVE_INFINITY],
    [null, Number.POSITIVE_INFINITY],
    ["200000\n", 200_000],
  ])("reads %j as %d", (text, expected) => {
    expect(cgroupLimit(text)).toBe(expected);
  });
});
