import type { Attempt, Failure, Run, Stage } from "@retort/api";
import { shortId } from "../run-reference.ts";
import { isFinished, statusOf } from "../run-status.ts";
import { flatten } from "./flatten.ts";
import { bytes, decimal, duration, elapsed, measured } from "./quantity.ts";
import { table } from "./table.ts";

/** Everything about a run that fits on a screen. @param attempts of each stage, by its id */
export function describeRun(run: Run, attempts: ReadonlyMap<string, readonly Attempt[]>): string {
  const head = table(
    [],
    [
      ["run", run.id],
      ["name", run.name],
      ["project", run.project.slug],
      ["recipe", run.recipe],
      ["seed", String(run.seed)],
      ["status", statusOf(run)],
      ...(run.priority === 0 ? [] : [["priority", String(run.priority)]]),
      ["launched", run.createdAt.toISOString()],
      ["time", elapsed(run.clock)],
      ["device time", deviceTime(run)],
      ...(run.headline === null ? [] : [[run.headline.label, measured(run.headline.value, run.headline.unit)]]),
    ],
  );
  const params = Object.entries(flatten(run.params)).map(([key, value]) => [key, JSON.stringify(value)]);
  const evaluations = run.evaluations.flatMap((evaluation) =>
    Object.entries(evaluation.metrics).map(([metric, value]) => [
      evaluation.stageName,
      `${evaluation.dataset}/${evaluation.split}`,
      evaluation.condition,
      String(evaluation.numSamples),
      metric,
      decimal(value),
    ]),
  );
  const files = run.stages.flatMap((stage) =>
    stage.artifacts.map((file) => [stage.name, file.fileName, bytes(file.sizeBytes), file.sha256.slice(0, 12)]),
  );
  const code = run.stages.flatMap((stage) =>
    (attempts.get(stage.id) ?? []).flatMap(({ number, environment }) =>
      environment === null ? [] : [[stage.name, String(number), ...codeOf(environment)]],
    ),
  );
  return [
    head,
    section("Parameters", table([], params)),
    section("Stages", table(["STAGE", "STATUS", "TRIES", "TIME", "PROGRESS", "METRICS"], run.stages.map(stageRow))),
    ...(evaluations.length === 0
      ? []
      : [section("Results", table(["STAGE", "DATA SET", "CONDITION", "SAMPLES", "METRIC", "VALUE"], evaluations))]),
    ...(files.length === 0 ? [] : [section("Files", table(["STAGE", "FILE", "SIZE", "SHA256"], files))]),
    ...(code.length === 0 ? [] : [section("Code", table(["STAGE", "TRY", "COMMIT", "CHANGES ON TOP"], code))]),
    ...run.stages.filter((stage) => stage.failure !== null).map(failureSection),
  ].join("\n\n");
}

/** Commit, and what differed from it; `retort export` writes down what was kept. */
function codeOf(environment: NonNullable<Attempt["environment"]>): [string, string] {
  const { gitCommit, gitDiffSha256, gitDiffBytes, isGitDiffKept } = environment;
  if (gitCommit === null) return ["not known", "not known"];
  if (gitDiffSha256 === null) return [gitCommit.slice(0, 12), "none"];
  const size = gitDiffBytes === null ? "" : `, ${bytes(gitDiffBytes)}`;
  return [gitCommit.slice(0, 12), `sha256 ${gitDiffSha256.slice(0, 12)}${size}${isGitDiffKept ? "" : ", not kept"}`];
}

function deviceTime({ cost }: Run): string {
  const { deviceSeconds, wastedDeviceSeconds, savedDeviceSeconds } = cost;
  const wasted =
    wastedDeviceSeconds < 1 ? "" : `, of it ${duration(wastedDeviceSeconds)} in attempts that left no result`;
  const saved = savedDeviceSeconds < 1 ? "" : `, ${duration(savedDeviceSeconds)} saved by reuse`;
  return `${duration(deviceSeconds)}${wasted}${saved}`;
}

function stageRow(stage: Stage): string[] {
  const { status, progress, waitingReason } = stage;
  // The last report may lie before the end.
  const at = progress === null || status === "succeeded" ? "" : `${progress.done}/${progress.total} ${progress.unit}`;
  const left = progress?.secondsLeft == null || isFinished(status) ? "" : `, ${duration(progress.secondsLeft)} left`;
  return [
    stage.name,
    `${status}${stage.earlier !== null ? ` (of run ${shortId(stage.earlier.runId)})` : stage.reused ? " (reused)" : ""}`,
    String(stage.attempt),
    stage.startedAt === null ? "-" : duration(stage.deviceSeconds),
    [waitingReason ?? "", `${at}${left}`].filter((part) => part !== "").join("; "),
    stage.latest.map(({ key, value }) => `${key} ${decimal(value)}`).join("  "),
  ];
}

function failureSection(stage: Stage): string {
  return section(`Failure of ${stage.name}`, describeFailure(stage.failure!));
}

/** What went wrong, part by part; the message itself may hold the parts already. */
export function describeFailure(failure: Failure): string {
  const { kind, code, message, lastOutput } = failure;
  const parts = (["expected", "got", "where", "fix"] as const).flatMap((part) => {
    const text = failure[part];
    return text === undefined || message.includes(text) ? [] : [`${part}: ${text}`];
  });
  const output = lastOutput ? [`last output:\n${indent(lastOutput.trimEnd())}`] : [];
  return [`${message}`, ...parts, `kind: ${kind} (${code})`, ...output].join("\n");
}

function section(title: string, body: string): string {
  return `${title}\n${indent(body)}`;
}

function indent(text: string): string {
  return text.replaceAll(/^/gm, "  ");
}
