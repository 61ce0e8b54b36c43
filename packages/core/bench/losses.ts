// npm run bench -- losses [--json]: distillation over a large vocabulary, whole logits against chunks, 1 thread. Each variant
// runs in its own process, so that its peak memory is its own.
import { execFileSync } from "node:child_process";
import { graph as emptyGraph, filled, grad, op, type Value } from "@retort/engine";
import { compile } from "@retort/engine/node";
import { Rng } from "../src/base/rng.ts";
import { chunkedDivergence } from "../src/losses/chunked-divergence.ts";
import { divergence, divergenceParams } from "../src/losses/divergence.ts";
import { report } from "./figures/figure.ts";

/** Qwen2.5's vocabulary; rows of one long sequence. */
const vocabulary = Number(process.env.BENCH_VOCABULARY ?? 151_936);
const numRows = Number(process.env.BENCH_ROWS ?? 512);
const [studentWidth, teacherWidth] = [128, 256];
const chunkSizes = [32, 128];

interface Measured {
  /** Processor time: other work on the machine does not count. */
  cpuSeconds: number;
  /** Highest resident memory above that before the graph was compiled. */
  peakMegabytes: number;
  loss: number;
}

/** Loss with its gradients by student hidden states and head; the second of two runs is timed. */
async function measure(chunkRows: number | null): Promise<Measured> {
  const graph = emptyGraph("bench");
  const shapes = {
    hidden: [numRows, studentWidth],
    head: [studentWidth, vocabulary],
    teacherHidden: [numRows, teacherWidth],
    teacherHead: [teacherWidth, vocabulary],
  };
  const rng = Rng.fromSeed(1);
  const feeds = Object.fromEntries(
    Object.entries(shapes).map(([name, shape]) => {
      const held = filled("float32", shape, 0);
      for (let i = 0; i < held.data.length; i++) held.data[i] = (rng.uniform() - 0.5) * 0.5;
      return [name, held];
    }),
  );
  const input = (name: keyof typeof shapes) => graph.input(name, feeds[name]!);
  const [hidden, head, teacherHidden, teacherHead] = [
    input("hidden"),
    input("head"),
    input("teacherHidden"),
    input("teacherHead"),
  ];
  const params = divergenceParams.parse({});
  const teacher = { hidden: teacherHidden, head: teacherHead };
  const whole = (): Value =>
    divergence.build(
      { student: { logits: op.matMul(hidden, head) }, teacher: { logits: op.matMul(teacherHidden, teacherHead) } },
      params,
    );
  const loss =
    chunkRows === null ? whole() : chunkedDivergence({ student: { hidden, head }, teacher, chunkRows }, params);
  const [dHidden, dHead] = grad(loss, [hidden, head]);
  graph.output("loss", loss);
  // Gradients stay inside, as in training: only their norms come out.
  graph.output("gradNorm", op.sqrt(op.add(op.reduceSumSquare(dHidden!), op.reduceSumSquare(dHead!))));
  const before = process.memoryUsage.rss();
  const program = await compile(graph, { threads: 1 });
  await program.run(feeds);
  const cpuBefore = process.cpuUsage();
  const result = await program.run(feeds);
  const { user, system } = process.cpuUsage(cpuBefore);
  await program.dispose();
  const peakMegabytes = (process.resourceUsage().maxRSS * 1024 - before) / 2 ** 20;
  return { cpuSeconds: (user + system) / 1e6, peakMegabytes, loss: Number(result.loss!.data[0]) };
}

const variant = process.argv.find((argument) => argument.startsWith("--variant="))?.slice("--variant=".length);
if (variant !== undefined) {
  console.log(JSON.stringify(await measure(variant === "whole" ? null : Number(variant))));
} else {
  const run = (name: string): Measured => {
    const node = ["--import", "tsx", import.meta.filename, `--variant=${name}`];
    return JSON.parse(execFileSync(process.execPath, node, { encoding: "utf8", stdio: ["ignore", "pipe", "inherit"] }));
  };
  const whole = run("whole");
  for (const chunkRows of chunkSizes) {
    const chunked = run(String(chunkRows));
    if (!(Math.abs(chunked.loss - whole.loss) <= 1e-4 * Math.abs(whole.loss)))
      throw new Error(`the chunked loss is ${chunked.loss}, the whole one ${whole.loss}`);
    const size = `${numRows} x ${vocabulary}, chunks of ${chunkRows}`;
    beside(`losses/divergence ${size}; peak memory`, {
      unit: "MB",
      own: chunked.peakMegabytes,
      peer: whole.peakMegabytes,
      goal: 0.5,
    });
    beside(`losses/divergence ${size}; processor time`, {
      unit: "s",
      own: chunked.cpuSeconds,
      peer: whole.cpuSeconds,
      goal: 1.5,
    });
  }
}

/** A figure beside that of whole logits; `goal` is the highest ratio of the two. */
function beside(name: string, { unit, own, peer, goal }: { unit: string; own: number; peer: number; goal: number }) {
  const rounded = (x: number) => Math.round(x * 100) / 100;
  report({
    name: `${name}, peer: whole logits`,
    value: rounded(own),
    unit,
    goal: rounded(goal * peer),
    peer: rounded(peer),
    ratio: rounded(own / peer),
  });
}
