import { op, type Value, withGradient } from "@retort/engine";
import { z } from "zod";
import { hasShape } from "./agreement.ts";
import type { HeadLayout } from "./chunked-head.ts";
import { defineLoss } from "./loss.ts";

export const rdistParams = z.strictObject({
  normalize: z
    .boolean()
    .default(false)
    .describe("Rows of Z are first scaled to length 1 (the paper's code takes raw logits)"),
});

export type RdistParams = z.output<typeof rdistParams>;

/** Squared norms below this are taken as this: samples without a visual token have R = 0. */
const FLOOR = 1e-30;

/** R = Z Zᵀ [...,N,N] of rows Z [...,N,D]; one product in the backward pass, where the chain rule would make two. */
export function relation(features: Value): Value {
  const product = op.matMul(features, swapped(features));
  return withGradient(product, {
    inputs: [features],
    saved: [],
    rule: ({ dy, inputs: [rows] }) => [() => op.matMul(op.add(dy, swapped(dy)), rows!)],
  });
}

/** The relation of logits hidden · head, without the logits: H (W Wᵀ) Hᵀ for hidden [B,N,D] and head W [D,V]. */
export function relationThroughHead(hidden: Value, head: Value, layout: HeadLayout = "in-out"): Value {
  const gram = relation(layout === "in-out" ? head : op.transpose(head, [1, 0])); // [D,D]
  return op.matMul(op.matMul(hidden, gram), swapped(hidden));
}

/** Mean over samples of 1 − ⟨R_s,R_t⟩ / (‖R_s‖ ‖R_t‖), relations [B,N,N], over the tokens marked in `mask` bool [B,N]. */
export function relationDistance(
  { student, teacher, mask }: { student: Value; teacher: Value; mask?: Value | undefined },
  { normalize }: RdistParams,
): Value {
  const pairs = mask && op.mul(op.unsqueeze(cast(mask, student), [2]), op.unsqueeze(cast(mask, student), [1]));
  const [own, others] = [student, op.stopGradient(teacher)].map((whole) => {
    const kept = pairs ? op.mul(whole, pairs) : whole;
    return normalize ? cosines(kept) : kept;
  }) as [Value, Value];
  const distances = cosineDistances(own, others); // [B]
  if (!mask) return op.reduceMean(distances);
  const counted = op.reduceMax(cast(mask, student), { axes: [1] }); // 1 for samples with a visual token
  return op.div(op.reduceSum(op.mul(distances, counted)), op.max(op.reduceSum(counted), 1));
}

/**
 * Relation distillation on visual tokens, logits or hidden states [B,N,D]; D may differ, `mask` bool [B,N]. Samples without
 * a visual token do not count; 0 when none has one. Source: LLaVA-KD, RDist.
 */
export const rdist = defineLoss({
  title: "Relation distillation (RDist)",
  params: rdistParams,
  needs: ["student.visual", "teacher.visual", "mask?"],
  build: ({ student, teacher, mask }, params) => {
    const beside = ["student.visual", student.visual] as const;
    hasShape(beside, { shape: [null, null, null] }, "rdist");
    const [batch, tokens] = student.visual.shape as [number, number];
    hasShape(["teacher.visual", teacher.visual], { shape: [batch, tokens, null], beside }, "rdist");
    if (mask) hasShape(["mask", mask], { shape: [batch, tokens], dtype: "bool", beside }, "rdist");
    return relationDistance({ student: relation(student.visual), teacher: relation(teacher.visual), mask }, params);
  },
});

const cast = (mask: Value, like: Value): Value => op.cast(mask, like.dtype);

function swapped(x: Value): Value {
  const axes = x.shape.map((_, axis) => axis);
  return op.transpose(x, [...axes.slice(0, -2), axes.at(-1)!, axes.at(-2)!]);
}

const inner = (a: Value, b: Value): Value => op.reduceSum(op.mul(a, b), { axes: [1, 2] });

/** Frobenius norm [B]; flat at zero, where its gradient would not be a number. */
const norm = (r: Value): Value => op.sqrt(op.max(inner(r, r), FLOOR));

/** 1 − ⟨R,S⟩ / (‖R‖ ‖S‖) of [B,N,N]; by R it is (⟨R,S⟩ R / ‖R‖² − S) / (‖R‖ ‖S‖), a third of what the chain rule writes. */
function cosineDistances(own: Value, others: Value): Value {
  const [product, length, otherLength] = [inner(own, others), norm(own), norm(others)];
  return withGradient(op.sub(1, op.div(op.div(product, length), otherLength)), {
    inputs: [own],
    saved: [product, length, otherLength, others],
    rule: ({ dy, saved, inputs: [r] }) => [
      () => {
        const [dot, ownNorm, otherNorm, s] = saved as [Value, Value, Value, Value];
        const perSample = (x: Value) => op.reshape(x, [x.shape[0]!, 1, 1]);
        const across = op.sub(op.mul(r!, perSample(op.div(op.div(dot, ownNorm), ownNorm))), s);
        return op.mul(across, perSample(op.div(op.div(dy, ownNorm), otherNorm)));
      },
    ],
  });
}

/** R of rows scaled to length 1: R_ij / √(R_ii R_jj), without a further pass over the rows. */
function cosines(r: Value): Value {
  const size = r.shape.at(-1) as number;
  const identity = Float32Array.from({ length: size * size }, (_, i) => (i % (size + 1) === 0 ? 1 : 0));
  const eye = op.cast(r.graph.constant({ dtype: "float32", shape: [size, size], data: identity }), r.dtype);
  const lengths = op.sqrt(op.max(op.reduceSum(op.mul(r, eye), { axes: [2], keepdims: true }), FLOOR)); // [B,N,1]
  return op.div(op.div(r, lengths), swapped(lengths));
}
