import type { BenchmarkName, BenchmarkTruths } from "../../data/benchmarks/question.ts";
import { gqaScorer } from "./gqa.ts";
import { mmbenchScorer } from "./mmbench.ts";
import { mmeScorer } from "./mme.ts";
import { mmmuScorer } from "./mmmu.ts";
import { popeScorer } from "./pope.ts";
import { scienceqaScorer } from "./scienceqa.ts";
import type { BenchmarkScorer } from "./scorer.ts";
import { textvqaScorer } from "./textvqa.ts";
import { vizwizScorer } from "./vizwiz.ts";
import { vqav2Scorer } from "./vqav2.ts";

/** How each benchmark is scored. */
export const benchmarkScorers: { readonly [N in BenchmarkName]: BenchmarkScorer<BenchmarkTruths[N]> } = {
  vqav2: vqav2Scorer,
  gqa: gqaScorer,
  vizwiz: vizwizScorer,
  scienceqa: scienceqaScorer,
  textvqa: textvqaScorer,
  mme: mmeScorer,
  mmbench: mmbenchScorer,
  "mmbench-cn": mmbenchScorer,
  pope: popeScorer,
  mmmu: mmmuScorer,
};

/** The averages of LLaVA-KD's table; Avg7 leaves out VQAv2, POPE and MMMU. */
export const averages: Readonly<Record<"avg7" | "avg10", readonly BenchmarkName[]>> = {
  avg7: ["gqa", "vizwiz", "scienceqa", "textvqa", "mme", "mmbench", "mmbench-cn"],
  avg10: ["vqav2", "gqa", "vizwiz", "scienceqa", "textvqa", "mme", "mmbench", "mmbench-cn", "pope", "mmmu"],
};
