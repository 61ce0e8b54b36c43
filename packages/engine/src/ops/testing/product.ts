import type { product as operators } from "../product.ts";
import type { Sampler } from "./samplers.ts";

export const product = {
  MatMul: (draw) => {
    const [m, k, n] = [draw.int(1, 4), draw.int(1, 4), draw.int(1, 4)];
    const batch = draw.pick<[number[], number[]]>([
      [[], []],
      [[2], []],
      [[], [3]],
      [[2], [2]],
      [[2, 1], [3]],
      [
        [1, 3],
        [2, 1],
      ],
    ]);
    const a = draw.int(0, 5) === 0 ? [k] : [...batch[0], m, k];
    const b = draw.int(0, 5) === 0 ? [k] : [...batch[1], k, n];
    return { inputs: [draw.floats(a), draw.floats(b)] };
  },
  Gemm: (draw) => {
    const [m, k, n] = [draw.int(1, 4), draw.int(1, 4), draw.int(1, 4)];
    const [transA, transB] = [draw.int(0, 1), draw.int(0, 1)];
    const c = draw.pick([[m, n], [n], [m, 1], [1, n], [], null]);
    const inputs = [
      draw.floats(transA ? [k, m] : [m, k]),
      draw.floats(transB ? [n, k] : [k, n]),
      ...(c ? [draw.floats(c)] : []),
    ];
    return { inputs, attributes: { transA, transB, alpha: draw.pick([1, 0.5]), beta: draw.pick([1, 2]) } };
  },
  Einsum: (draw) => {
    const [equation, ...shapes] = draw.pick<[string, ...number[][]]>([
      ["ij,jk->ik", [2, 3], [3, 4]],
      ["bij,bjk", [2, 3, 4], [2, 4, 2]],
      ["bhid,bhjd->bhij", [1, 2, 3, 4], [1, 2, 2, 4]],
      ["ij->j", [2, 3]],
      ["ij,kl->il", [2, 3], [2, 4]],
      ["...ij,...jk->...ik", [2, 2, 3], [2, 3, 2]],
      ["i,j,k->kij", [2], [3], [2]],
      ["ijk->kji", [2, 3, 4]],
    ]);
    return { inputs: shapes.map((shape) => draw.floats(shape)), attributes: { equation } };
  },
} satisfies Record<keyof typeof operators, Sampler>;
