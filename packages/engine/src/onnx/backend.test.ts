import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { ModelError, RetortError } from "../errors.ts";
import type { Graph } from "../graph/graph.ts";
import { numbers, sameShape, type Tensor, typeText } from "../graph/tensor.ts";
import { ops } from "../ops/index.ts";
import { compile } from "../runtime/program.ts";
import { importOnnx } from "./import.ts";
import { onnxInputs } from "./inputs.ts";
import { decodeModel, decodeTensor } from "./proto.ts";
import { tensorFromProto } from "./tensor-proto.ts";

/** The ONNX project's own node tests, as Debian's libonnx-testdata installs them. */
const folder = "/usr/share/libonnx-testdata/data/node";

interface Outcome {
  kind: "passed" | "skipped" | "failed";
  reason: string;
}

const skipped = (reason: string): Outcome => ({ kind: "skipped", reason });

/** Refusals that say that a case is outside what the engine claims; any other refusal of a known operator is a failure. */
const outside: Readonly<Record<string, string>> = {
  UNSUPPORTED_OPSET: "opset before 11",
  UNKNOWN_DTYPE: "strings, or floats of 8 or 4 bits",
  BAD_INPUT: "an input that is a sequence or an optional",
  BFLOAT16: "bfloat16, which ONNX Runtime's JavaScript binding does not carry",
  NO_KERNEL: "without a kernel in ONNX Runtime",
};

const outsideByName: readonly [RegExp, string][] = [
  [/training_dropout/, "random numbers"],
  [/if_opt|if_seq/, "a result that is a sequence or an optional"],
  [
    /resize_downsample_scales_(cubic|linear)_align_corners/,
    "a rounding rule that ONNX Runtime's own test list excludes",
  ],
];

async function outcomeOf(name: string): Promise<Outcome> {
  const bytes = readFileSync(join(folder, name, "model.onnx"));
  const source = decodeModel(bytes).graph!;
  const unknown = source.node.find(
    ({ opType, domain }) => domain || (!Object.hasOwn(ops, opType) && !laidOut.has(opType)),
  );
  if (unknown) return skipped("operator not in the table");
  const named = outsideByName.find(([pattern]) => pattern.test(name));
  if (named) return skipped(named[1]);
  try {
    const files = readdirSync(join(folder, name, "test_data_set_0"));
    const read = (kind: string) =>
      files
        .filter((file) => file.startsWith(kind))
        .sort((a, b) => a.length - b.length || a.localeCompare(b))
        .map((file) => tensorFromProto(decodeTensor(readFileSync(join(folder, name, "test_data_set_0", file))), file));
    const names = onnxInputs(bytes).map((input) => input.name);
    const inputs = read("input");
    return await compared(bytes, Object.fromEntries(inputs.map((held, i) => [names[i]!, held])), read("output"));
  } catch (error) {
    const code = error instanceof RetortError ? error.code : "";
    const reason = outside[code];
    return reason
      ? skipped(reason)
      : { kind: "failed", reason: `${name}: ${error instanceof Error ? error.message : error}` };
  }
}

/** Operators that import lays out, so that no table holds them. */
const laidOut = new Set([
  "Constant",
  "Identity",
  "If",
  "Loop",
  "SequenceConstruct",
  "SequenceAt",
  "SequenceInsert",
  "SplitToSequence",
  "ConcatFromSequence",
]);

async function compared(bytes: Uint8Array, feeds: Record<string, Tensor>, expected: Tensor[]): Promise<Outcome> {
  const graph = imported(bytes, feeds);
  const program = await compile(graph);
  try {
    const results = Object.values(
      await program.run(Object.fromEntries(Object.entries(feeds).filter(([name]) => name in program.inputs))),
    );
    expected.forEach((want, i) => {
      checkClose(results[i]!, want);
    });
    return { kind: "passed", reason: "" };
  } finally {
    await program.dispose();
  }
}

/**
 * Shapes, axes and the like arrive as inputs in these tests: where a result's shape depends on them, they are fixed, first
 * all but the first input (the data), then all.
 */
function imported(bytes: Uint8Array, feeds: Record<string, Tensor>): Graph {
  const all = Object.entries(feeds);
  const choices = [[], all.slice(1), all].map((fixed) => Object.fromEntries(fixed));
  for (const fixed of choices.slice(0, -1)) {
    try {
      return importOnnx(bytes, { halves: "keep", fixed });
    } catch (error) {
      if (!(error instanceof ModelError && (error.code === "DYNAMIC_SHAPE" || error.code === "UNKNOWN_STRUCTURE")))
        throw error;
    }
  }
  return importOnnx(bytes, { halves: "keep", fixed: choices.at(-1)! });
}

/** The tolerance of ONNX's own backend runner. */
function checkClose(got: Tensor, want: Tensor): void {
  if (got.dtype !== want.dtype || !sameShape(got.shape, want.shape))
    throw new Error(`${typeText(got)} instead of ${typeText(want)}`);
  const [have, goal] = [numbers(got), numbers(want)];
  const bad = goal.findIndex(
    (value, i) => !Object.is(have[i], value) && !(Math.abs(have[i]! - value) <= 1e-6 + 1e-3 * Math.abs(value)),
  );
  if (bad >= 0 && !(Number.isNaN(have[bad]) && Number.isNaN(goal[bad])))
    throw new Error(`element ${bad} is ${have[bad]} instead of ${goal[bad]}`);
}

it.skipIf(!existsSync(folder))(
  "passes the ONNX backend's node tests for the operators of the table",
  { timeout: 300_000 },
  async () => {
    const outcomes: Outcome[] = [];
    for (const name of readdirSync(folder)) outcomes.push(await outcomeOf(name));
    const count = (kind: Outcome["kind"]) => outcomes.filter((outcome) => outcome.kind === kind);
    const reasons = new Map<string, number>();
    for (const { reason } of count("skipped")) reasons.set(reason, (reasons.get(reason) ?? 0) + 1);
    const text = [...reasons].map(([reason, number]) => `${number} ${reason}`).join("; ");
    console.log(`ONNX node tests: ${count("passed").length} passed, ${count("skipped").length} skipped (${text})`);
    expect(count("failed").map(({ reason }) => reason)).toEqual([]);
    expect(count("passed").length).toBeGreaterThan(400);
  },
);
