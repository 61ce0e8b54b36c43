import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { takesNode } from "./install.mjs";

describe("Node", () => {
  it.each(["20.19.0", "20.20.2", "22.12.0", "24.0.0", "25.1.0"])("%s runs Retort", (version) => {
    expect(takesNode(version)).toBe(true);
  });

  it.each(["18.20.0", "20.18.3", "21.7.0", "22.5.0", "23.4.0"])(
    "%s is refused before npm ci fails on it",
    (version) => {
      expect(takesNode(version)).toBe(false);
    },
  );

  it("is what package.json asks for", () => {
    const { engines } = JSON.parse(readFileSync(join(import.meta.dirname, "..", "package.json"), "utf8"));
    expect(engines.node).toBe("^20.19 || ^22.12 || >=24");
  });
});
