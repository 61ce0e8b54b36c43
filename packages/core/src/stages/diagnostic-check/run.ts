import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { chainAfter } from "../diagnostic/digest.ts";
import { diagnosticReport } from "../diagnostic/report.ts";
import type { EvaluationSample, StageContext } from "../stage.ts";
import type { DiagnosticCheckParams } from "./definition.ts";

/** Runs the check of a diagnostic [node]. */
export async function runDiagnosticCheck(context: StageContext<DiagnosticCheckParams>): Promise<void> {
  const { params, seed, inputs } = context;
  const report = diagnosticReport.parse(JSON.parse(await readFile(inputs.report!, "utf8")));
  const samples = [
    check("steps", { expected: params.steps, got: report.steps }),
    check("seed", { expected: seed, got: report.seed }),
    check("digest", { expected: chainAfter(params.steps, seed).digest, got: report.digest }),
  ];
  const passed = samples.filter((sample) => sample.score === 1).length / samples.length;
  context.log("info", `${samples.length} checks, ${Math.round(passed * 100)} % hold`);
  await context.evaluation({
    dataset: "diagnostic",
    split: "report",
    condition: "full",
    metrics: { checksPassed: passed },
    samples,
  });
  const path = join(context.workDir, "checks.json");
  await writeFile(path, JSON.stringify(samples));
  await context.artifact("checks", path, { passed });
}

function check(name: string, { expected, got }: { expected: unknown; got: unknown }): EvaluationSample {
  return { sampleId: name, clusterId: name, score: expected === got ? 1 : 0, detail: { expected, got } };
}
