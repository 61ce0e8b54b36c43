import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { ops } from "./index.ts";
import { withOperatorSection } from "./readme.ts";

describe("the README's table of operators", () => {
  const readme = readFileSync(new URL("../../README.md", import.meta.url), "utf8");

  it("is up to date; else run npx tsx packages/engine/scripts/readme.ts", () => {
    expect(withOperatorSection(readme)).toBe(readme);
  });

  it("names every operator and leaves other text alone", () => {
    const text = withOperatorSection("# Title\n\nProse.\n");
    for (const name of Object.keys(ops)) expect(text).toMatch(new RegExp(`\\b${name}\\b`));
    expect(text.startsWith("# Title\n\nProse.\n")).toBe(true);
    expect(withOperatorSection(text)).toBe(text);
  });
});
