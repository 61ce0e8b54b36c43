import { graph as emptyGraph, nn, op, optim, type Tensor, tensor, type Value } from "@retort/engine";
import { compileTrainStep } from "@retort/engine/node";
import { describe, expect, it } from "vitest";
import { chunkedDivergence } from "./chunked-divergence.ts";
import { chunkedLlavaKdTerms } from "./chunked-llava-kd.ts";
import { divergence, divergenceParams } from "./divergence.ts";
import { divergenceNames } from "./divergence-kinds.ts";
import { llavaKdParams, llavaKdTerms } from "./llava-kd-total.ts";
import { bools, type Measured, measure, normal, samples, type Tensors } from "./testing.ts";

type Values = Readonly<Record<string, Value>>;

const [numRows, width, vocabulary] = [7, 4, 9];

function rowTensors(seed: number): Tensors {
  return {
    hidden: normal([numRows, width], seed),
    head: normal([width, vocabulary], seed + 1),
    teacherHidden: normal([numRows, 6], seed + 2),
    teacherHead: normal([6, vocabulary], seed + 3),
    mask: bools([numRows], [1, 1, 0, 1, 0, 1, 1]),
  };
}

function expectSame(got: Measured, want: Measured): void {
  expect(got.loss).toBeCloseTo(want.loss, 5);
  for (const [name, values] of Object.entries(want.gradients)) {
    expect(values.some((x) => Math.abs(x) > 1e-4)).toBe(true);
    got.gradients[name]!.forEach((value, i) => {
      expect(value).toBeCloseTo(values[i]!, 5);
    });
  }
}

describe("chunkedDivergence", () => {
  const wrt = ["hidden", "head"];

  it.each(divergenceNames)("%s equals the loss of whole logits, with its gradients", async (kind) => {
    const params = divergenceParams.parse({ kind, temperature: 2 });
    const whole = ({ hidden, head, teacherHidden, teacherHead, mask }: Values) =>
      divergence.build(
        {
          student: { logits: op.matMul(hidden!, head!) },
          teacher: { logits: op.matMul(teacherHidden!, teacherHead!) },
          mask: mask!,
        },
        params,
      );
    const chunked = ({ hidden, head, teacherHidden, teacherHead, mask }: Values) =>
      chunkedDivergence(
        {
          student: { hidden: hidden!, head: head! },
          teacher: { hidden: teacherHidden!, head: teacherHead! },
          mask,
          chunkRows: 3,
        },
        params,
      );
    const tensors = rowTensors(11);
    expectSame(await measure(chunked, tensors, wrt), await measure(whole, tensors, wrt));
  });

  it("takes cached teacher logits, a tied head and no mask", async () => {
    const tensors = {
      hidden: normal([numRows, width], 4),
      head: normal([vocabulary, width], 5),
      teacherLogits: normal([numRows, vocabulary], 6),
    };
    const params = divergenceParams.parse({});
    const logits = ({ hidden, head }: Values) => op.gemm(hidden!, head!, { transB: true });
    const whole = (values: Values) =>
      divergence.build({ student: { logits: logits(values) }, teacher: { logits: values.teacherLogits! } }, params);
    const chunked = ({ hidden, head, teacherLogits }: Values) =>
      chunkedDivergence(
        {
          student: { hidden: hidden!, head: head!, headLayout: "out-in" },
          teacher: { logits: teacherLogits! },
          chunkRows: 2,
        },
        params,
      );
    expectSame(await measure(chunked, tensors, wrt), await measure(whole, tensors, wrt));
  });

  it("gives a head that does not learn no gradient", async () => {
    const build = ({ hidden, head, teacherHidden, teacherHead }: Values) =>
      chunkedDivergence(
        {
          student: { hidden: hidden!, head: head! },
          teacher: { hidden: teacherHidden!, head: teacherHead! },
          chunkRows: 4,
          trainHead: false,
        },
        divergenceParams.parse({}),
      );
    const { mask: _, ...tensors } = rowTensors(13);
    const { gradients } = await measure(build, tensors, wrt);
    expect(gradients.head!.every((x) => x === 0)).toBe(true);
    expect(gradients.hidden!.some((x) => x !== 0)).toBe(true);
  });

  it("has no gradient where it is only looked at", async () => {
    const params = divergenceParams.parse({});
    const build = (differentiable: boolean) => (values: Values) =>
      chunkedDivergence(
        {
          student: { hidden: values.hidden!, head: values.head! },
          teacher: { hidden: values.teacherHidden!, head: values.teacherHead! },
          chunkRows: 4,
          differentiable,
        },
        params,
      );
    const { mask: _, ...tensors } = rowTensors(14);
    const { loss } = await measure(build(true), tensors, []);
    expect((await measure(build(false), tensors, [])).loss).toBeCloseTo(loss, 6);
    await expect(measure(build(false), tensors, ["hidden"])).rejects.toMatchObject({ code: "MISSING_GRADIENT" });
  });

  it("refuses heads of different vocabularies", () => {
    const graph = emptyGraph("loss");
    const input = (name: string, shape: number[]) => graph.input(name, { dtype: "float32", shape });
    const student = { hidden: input("a", [4, 3]), head: input("b", [3, 8]) };
    const teacher = { hidden: input("c", [4, 5]), head: input("d", [5, 9]) };
    expect(() => chunkedDivergence({ student, teacher, chunkRows: 2 }, divergenceParams.parse({}))).toThrowError(
      expect.objectContaining({ code: "VOCABULARY_MISMATCH" }),
    );
  });
});

describe("chunkedLlavaKdTerms", () => {
  const params = llavaKdParams.parse({
    weights: { prompt: 0.5 },
    divergence: { kind: "js", temperature: 2 },
    reduction: "sample",
    relation: { normalize: true },
  });
  const tensors = (seed: number): Tensors => {
    const { "student.logits": _, "teacher.logits": __, ...kinds } = samples.llavaKdTotal.tensors(seed);
    const [teacherHidden, teacherHead] = [normal([2, 6, 5], seed + 2), normal([5, 9], seed + 3)];
    return { hidden: normal([2, 6, 4], seed), head: normal([4, 9], seed + 1), teacherHidden, teacherHead, ...kinds };
  };
  const kindsOf = ({ labels, visualMask, promptMask }: Values) => ({
    labels: labels!,
    visualMask: visualMask!,
    promptMask: promptMask!,
  });
  type Terms = ReturnType<typeof llavaKdTerms>;
  const chunkedTerms = (values: Values): Terms =>
    chunkedLlavaKdTerms(
      {
        student: { hidden: values.hidden!, head: values.head! },
        teacher: { hidden: values.teacherHidden!, head: values.teacherHead! },
        ...kindsOf(values),
        visualWindow: [1, 4],
        chunkRows: 5,
      },
      params,
    );
  const wholeTerms = (values: Values): Terms =>
    llavaKdTerms(
      {
        student: { logits: op.matMul(values.hidden!, values.head!) },
        teacher: { logits: op.matMul(values.teacherHidden!, values.teacherHead!) },
        ...kindsOf(values),
      },
      params,
    );

  it("equals the loss of whole logits, relation and all", async () => {
    const chunked = (values: Values) => chunkedTerms(values).loss;
    const whole = (values: Values) => wholeTerms(values).loss;
    const given = tensors(21);
    expectSame(await measure(chunked, given, ["hidden", "head"]), await measure(whole, given, ["hidden", "head"]));
  });

  it("reports the terms that make up the loss", async () => {
    const term = (
      name: "crossEntropy" | "response" | "visual" | "prompt" | "relation",
      terms: (values: Values) => Terms,
    ) => {
      return (values: Values) => terms(values)[name]!;
    };
    const given = tensors(41);
    for (const name of ["crossEntropy", "response", "visual", "prompt", "relation"] as const) {
      const got = await measure(term(name, chunkedTerms), given, []);
      const want = await measure(term(name, wholeTerms), given, []);
      expect(want.loss).toBeGreaterThan(1e-3);
      expect(got.loss).toBeCloseTo(want.loss, 5);
    }
  });

  it("trains inside a train step of several steps and micro-batches", async () => {
    const graph = emptyGraph("student");
    const given = tensors(31);
    const { head, hidden, ...batch } = given;
    const p = nn.scope(graph, { prefix: "", seed: 1 });
    const values: Record<string, Value> = Object.fromEntries(
      Object.entries({ ...batch, x: hidden! }).map(([name, type]) => [name, graph.input(name, type)]),
    );
    values.hidden = nn.linear(p.at("body"), values.x!, { out: 4, bias: true });
    values.head = graph.parameter("head", head!);
    const { loss } = chunkedTerms(values);
    const numSteps = 30;
    const accumulate = 2;
    const step = await compileTrainStep(graph, {
      loss,
      optimizer: optim.adamw({ lr: 0.05, betas: [0.9, 0.99], eps: 1e-8, weightDecay: 0 }),
      stepsPerRun: numSteps,
      accumulate,
    });
    try {
      const repeated = Object.fromEntries(
        Object.entries({ ...batch, x: hidden! }).map(([name, held]) => [name, repeat(held, numSteps * accumulate)]),
      );
      const { losses } = await step.run(repeated);
      expect(losses.at(-1)!).toBeLessThan(losses[0]! / 2);
    } finally {
      await step.dispose();
    }
  });
});

function repeat({ dtype, shape, data }: Tensor, count: number): Tensor {
  const values = [...data].map(Number);
  return tensor(dtype, [count, ...shape], Array.from({ length: count }, () => values).flat());
}
