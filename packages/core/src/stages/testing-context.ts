import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { EvaluationResult, LogLevel, StageContext, StageDefinition } from "./stage.ts";

/** A stage's surroundings that keep what it reports. */
export interface TestContext<P> {
  context: StageContext<P>;
  /** Bytes of each artifact, by its name. */
  artifacts: Map<string, { bytes: Buffer; path: string; meta: Record<string, unknown> }>;
  evaluations: EvaluationResult[];
  metrics: Map<string, number[]>;
  logs: { level: LogLevel; message: string }[];
  remove(): void;
}

export function testContext<P>(
  definition: StageDefinition<P>,
  { params, inputs = {}, seed = 0 }: { params: unknown; inputs?: Record<string, string>; seed?: number },
): TestContext<P> {
  const workDir = mkdtempSync(join(tmpdir(), "retort-stage-"));
  const made: Omit<TestContext<P>, "context"> = {
    artifacts: new Map(),
    evaluations: [],
    metrics: new Map(),
    logs: [],
    remove: () => rmSync(workDir, { recursive: true }),
  };
  const context: StageContext<P> = {
    params: definition.params.parse(params),
    seed,
    threads: 1,
    device: "cpu",
    accumulate: 1,
    inputs,
    workDir,
    checkpoint: null,
    signal: new AbortController().signal,
    metric: (key, _step, value) => void made.metrics.set(key, [...(made.metrics.get(key) ?? []), value]),
    progress: () => {},
    log: (level, message) => void made.logs.push({ level, message }),
    artifact: async (name, path, meta = {}) => void made.artifacts.set(name, { bytes: readFileSync(path), path, meta }),
    saveCheckpoint: async () => {},
    evaluation: async (result) => void made.evaluations.push(result),
  };
  return { ...made, context };
}
