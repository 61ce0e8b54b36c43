import { z } from "zod";
import { canonicalJson } from "../../base/canonical-json.ts";
import { sha256Hex } from "../../base/hash.ts";
import { expandLayout, gridValuesOf } from "../expand.ts";
import type { Layout } from "../layout.ts";
import { pointKey } from "../point.ts";
import { takenPoints } from "./draws.ts";
import { defineSampler } from "./sampler.ts";

/**
 * Every point of a finite space, once, in declaration order. Its place is kept together with the order of the space it
 * belongs to: a store that sorts keys changes that order, and then the walk begins anew and the history tells what is done.
 */
export const grid = defineSampler({
  title: "Grid",
  summary: "Every combination once, in the order of the space; the last parameter varies fastest.",
  params: z.strictObject({}),
  state: z.strictObject({ next: z.int().nonnegative(), order: z.string() }),
  start: { next: 0, order: "" },
  ask({ layout, history }, state, count) {
    const order = orderOf(layout);
    const taken = takenPoints(history);
    const points = [];
    let next = state.order === order ? state.next : 0;
    for (const { index, point } of expandLayout(layout, gridValuesOf, { from: next })) {
      if (points.length === count) return { points, state: { next, order }, exhausted: false };
      next = index + 1;
      if (!taken.has(pointKey(point))) points.push(point);
    }
    return { points, state: { next, order }, exhausted: true };
  },
});

/** Names the walk: the same leaves with the same values in the same order. */
function orderOf({ leaves, constraints }: Layout): string {
  const targets = leaves.map(({ name, target }) => [
    name,
    target.kind === "ablation" ? target.cells : target.dimension,
  ]);
  return sha256Hex(canonicalJson(JSON.parse(JSON.stringify([targets, constraints.map(({ text }) => text)]))));
}
