import { describe, expect, it } from "vitest";
import { benchmarkNames } from "../../data/benchmarks/definitions.ts";
import { averages } from "../../metrics/benchmarks/index.ts";
import { llavaKdPublished } from "./published.ts";
import { publishedBenchmarks, publishedTable } from "./published-table.ts";

describe("LLaVA-KD's published numbers", () => {
  it("has the benchmarks and averages that evaluations measure, under their names", () => {
    expect([...publishedBenchmarks].sort()).toEqual([...benchmarkNames].sort());
    const columns = new Set(llavaKdPublished.map(({ dataset, metric }) => `${dataset} ${metric}`));
    expect(columns).toEqual(
      new Set([...benchmarkNames.map((name) => `${name} benchmarkScore`), "benchmarks avg7", "benchmarks avg10"]),
    );
    const of = (label: string, wanted: string) =>
      llavaKdPublished.find((row) => row.label === label && row.dataset === wanted && row.metric !== "avg7");
    expect(of("LLaVA-KD Qwen2.5-0.5B", "mmmu")).toMatchObject({ metric: "benchmarkScore", value: 0.283 });
    expect(of("LLaVA-KD Qwen2.5-0.5B", "benchmarks")).toMatchObject({ metric: "avg10", value: 0.589 });
    expect(of("Imp-3B (Phi2)", "vqav2")).toBeUndefined();
    for (const { value, source } of llavaKdPublished) {
      expect(value).toBeGreaterThan(0.2);
      expect(value).toBeLessThan(0.9);
      expect(source).toContain("arXiv 2410.16236");
    }
  });

  it.each(Object.entries(publishedTable))("of %s agree with the averages that are printed beside them", (_, row) => {
    expect(row.scores).toHaveLength(publishedBenchmarks.length);
    const byName = new Map(publishedBenchmarks.map((name, at) => [name, row.scores[at]!]));
    for (const name of ["avg7", "avg10"] as const) {
      const parts = averages[name].map((part) => byName.get(part));
      const isWhole = parts.every((part): part is number => typeof part === "number");
      expect(row[name] !== null).toBe(isWhole);
      if (!isWhole) continue;
      // Both are rounded to a tenth.
      expect(Math.abs(parts.reduce((sum, part) => sum + part, 0) / parts.length - row[name]!)).toBeLessThan(0.1);
    }
  });
});
