import { op, type Value } from "@retort/engine";

/** Distributions of the teacher (p) and the student (q) in rows [N,V]; probabilities are made when asked for. */
export interface RowPair {
  readonly logP: Value;
  readonly logQ: Value;
  readonly p: () => Value;
  readonly q: () => Value;
  /** Share in [0, 1] of the kinds that mix p and q. */
  readonly lambda: number;
}

interface DivergenceKind {
  /** lambda where none is given; null: the kind has none. */
  readonly lambda: number | null;
  /** [N,V]; a row's sum is its divergence. */
  terms(at: RowPair): Value;
  /** [N,V]: derivative of a row's divergence by the logits of q. */
  gradient(at: RowPair): Value;
}

/** A mixture of two probabilities is zero only where both are, and there it is multiplied by them: any floor will do. */
const FLOOR = 1e-37;

/** Relative difference below which two float32 probabilities count as equal: the sign of rounding is no direction. */
const ROUNDING = 4e-6;

const mixture = ({ p, q }: RowPair, shareOfP: number): Value =>
  op.max(op.add(op.mul(p(), shareOfP), op.mul(q(), 1 - shareOfP)), FLOOR);

/** From q ∂D/∂q to the derivative by the logits of q: x − q Σ x. */
const throughSoftmax = (x: Value, q: Value): Value =>
  op.sub(x, op.mul(q, op.reduceSum(x, { axes: [-1], keepdims: true })));

const forwardKl: DivergenceKind = {
  lambda: null,
  terms: ({ logP, logQ, p }) => op.mul(p(), op.sub(logP, logQ)),
  gradient: ({ p, q }) => op.sub(q(), p()),
};

const reverseKl: DivergenceKind = {
  lambda: null,
  terms: ({ logP, logQ, q }) => op.mul(q(), op.sub(logQ, logP)),
  gradient: ({ logP, logQ, q }) => throughSoftmax(op.mul(q(), op.sub(logQ, logP)), q()),
};

/** Divergences between two categorical distributions: value and closed-form gradient, finite at any finite logits. */
export const divergenceKinds = {
  /** KL(p‖q). */
  "forward-kl": forwardKl,
  /** KL(q‖p). */
  "reverse-kl": reverseKl,
  /** (1 − λ) KL(p‖m) + λ KL(q‖m), m = (1 − λ) p + λ q. */
  js: {
    lambda: 0.5,
    terms: (at) => {
      const logM = op.log(mixture(at, 1 - at.lambda));
      const ofP = op.mul(op.mul(at.p(), op.sub(at.logP, logM)), 1 - at.lambda);
      return op.add(ofP, op.mul(op.mul(at.q(), op.sub(at.logQ, logM)), at.lambda));
    },
    gradient: (at) => {
      const logM = op.log(mixture(at, 1 - at.lambda));
      return throughSoftmax(op.mul(op.mul(at.q(), op.sub(at.logQ, logM)), at.lambda), at.q());
    },
  },
  /** ½ Σ |p − q|. */
  tv: {
    lambda: null,
    terms: ({ p, q }) => op.mul(op.abs(op.sub(p(), q())), 0.5),
    gradient: ({ p, q }) => {
      const difference = op.sub(q(), p());
      const unequal = op.greater(op.abs(difference), op.mul(q(), ROUNDING));
      const signed = op.where(unequal, op.mul(q(), op.sign(difference)), 0);
      return throughSoftmax(op.mul(signed, 0.5), q());
    },
  },
  /** KL(p‖m), m = λ p + (1 − λ) q. */
  "skewed-forward-kl": {
    lambda: 0.1,
    terms: (at) => {
      // Without a share of p, m may vanish where p does not.
      if (at.lambda === 0) return forwardKl.terms(at);
      return op.mul(at.p(), op.sub(at.logP, op.log(mixture(at, at.lambda))));
    },
    gradient: (at) => {
      if (at.lambda === 0) return forwardKl.gradient(at);
      const shareOfQ = op.div(op.mul(at.q(), 1 - at.lambda), mixture(at, at.lambda));
      return throughSoftmax(op.neg(op.mul(at.p(), shareOfQ)), at.q());
    },
  },
  /** KL(q‖m), m = (1 − λ) p + λ q. */
  "skewed-reverse-kl": {
    lambda: 0.1,
    terms: (at) => {
      if (at.lambda === 0) return reverseKl.terms(at);
      return op.mul(at.q(), op.sub(at.logQ, op.log(mixture(at, 1 - at.lambda))));
    },
    gradient: (at) => {
      if (at.lambda === 0) return reverseKl.gradient(at);
      const m = mixture(at, 1 - at.lambda);
      const shareOfQ = op.div(op.mul(at.q(), at.lambda), m);
      return throughSoftmax(op.mul(at.q(), op.sub(op.sub(at.logQ, op.log(m)), shareOfQ)), at.q());
    },
  },
} as const satisfies Record<string, DivergenceKind>;

export type DivergenceName = keyof typeof divergenceKinds;
export const divergenceNames = Object.keys(divergenceKinds) as [DivergenceName, ...DivergenceName[]];
