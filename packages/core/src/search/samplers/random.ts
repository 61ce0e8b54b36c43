import { z } from "zod";
import { Rng } from "../../base/rng.ts";
import { pointKey } from "../point.ts";
import type { Point } from "../space.ts";
import { newPoint, pointFromUnits, takenPoints } from "./draws.ts";
import { defineSampler, type SamplerContext } from "./sampler.ts";

/** Independent draws, uniform on each parameter's scale; the n-th point comes from its own stream of the seed. */
export const random = defineSampler({
  title: "Random",
  summary: "Independent draws, uniform on each parameter's scale.",
  params: z.strictObject({}),
  state: z.strictObject({ asked: z.int().nonnegative() }),
  start: { asked: 0 },
  ask(context, { asked }, count) {
    const taken = takenPoints(context.history);
    const points: Point[] = [];
    for (let number = asked; points.length < count; number++) {
      const point = randomPoint(context, taken, number);
      if (point === null) return { points, state: { asked: number }, exhausted: true };
      taken.add(pointKey(point));
      points.push(point);
    }
    return { points, state: { asked: asked + count }, exhausted: false };
  },
});

/** The n-th independent draw that is new and allowed; null when nothing is left. */
export function randomPoint(
  { layout, seed }: Pick<SamplerContext<unknown>, "layout" | "seed">,
  taken: ReadonlySet<string>,
  number: number,
): Point | null {
  const rng = Rng.fromSeed(seed).stream(`random/${number}`);
  const draw = () => pointFromUnits(layout, () => rng.uniform());
  return newPoint({ layout, taken, draw, pick: (left) => rng.pick(left) });
}
