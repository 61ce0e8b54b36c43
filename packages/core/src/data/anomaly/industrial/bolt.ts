import type { Rng } from "../../../base/rng.ts";
import { ValueNoise } from "./noise.ts";
import { between, mixed, type Rgb, SIDE, type Surface, scaled, smoothstep } from "./surface.ts";

/** A hexagon bolt lying on a dark mat, in any direction. */
export function bolt(rng: Rng): Surface {
  const angle = between(rng, 0, 2 * Math.PI);
  const [cos, sin] = [Math.cos(angle), Math.sin(angle)];
  const [cx, cy] = [SIDE / 2 + between(rng, -6, 6), SIDE / 2 + between(rng, -6, 6)];
  const [headEnd, neck, threadFrom, tip] = [-44, -28, -12, 44];
  const [headHalf, shankHalf] = [20, 10];
  const pitch = 4.4;
  const mat = new ValueNoise(rng);
  const tool = new ValueNoise(rng);
  const steel: Rgb = [0.64, 0.63, 0.6];

  /** Along the axis from the head, and across it. */
  const onBolt = (x: number, y: number): [number, number] => [
    (x - cx) * cos + (y - cy) * sin,
    (y - cy) * cos - (x - cx) * sin,
  ];
  /** Half the width at a place along the axis; 0 beyond the ends. `flat` has its thread worn off there. */
  const halfWidth = (along: number, side: number, flat: boolean) => {
    if (along < headEnd || along > tip) return 0;
    if (along < neck) return headHalf;
    const chamfer = Math.max(0, along - (tip - 4)) * 0.8;
    const tooth =
      along > threadFrom && !flat ? 1.3 * Math.cos((2 * Math.PI * (along + (side * pitch) / 4)) / pitch) : 0;
    return shankHalf + tooth - chamfer - (flat ? 1.6 : 0);
  };
  const background = (x: number, y: number): Rgb => scaled([0.22, 0.23, 0.25], 1 + 0.12 * mat.at(x / 2.2, y / 2.2));
  const draw = (x: number, y: number, isFlat: (along: number, across: number) => boolean): Rgb => {
    const [along, across] = onBolt(x, y);
    const flat = isFlat(along, across);
    const half = halfWidth(along, Math.sign(across), flat);
    if (half === 0) return background(x, y);
    const edge = smoothstep(half + 0.5, half - 0.5, Math.abs(across));
    const round = Math.sqrt(Math.max(0, 1 - (across / (half + 1)) ** 2));
    const hex = along < neck ? 0.65 + 0.3 * Number(Math.abs(across) < headHalf / 2) : 0.35 + 0.65 * round;
    const lean = across / 4;
    const isThread = along > threadFrom && !flat;
    const groove = isThread ? 0.78 + 0.22 * Math.cos((2 * Math.PI * (along + lean)) / pitch) : 1;
    const shade =
      hex * groove * (1 + 0.06 * tool.at(along, across / 6)) * (along < neck && along > neck - 1.5 ? 0.6 : 1);
    return mixed(background(x, y), scaled(steel, shade), edge);
  };
  const never = () => false;
  return {
    color: (x, y) => draw(x, y, never),
    inside(x, y) {
      const [along, across] = onBolt(x, y);
      return Math.abs(across) < halfWidth(along, Math.sign(across), false) - 1;
    },
    missingPart(own) {
      const from = between(own, threadFrom + 2, tip - 22);
      const to = from + between(own, 8, 16);
      const side = own.integer(2) === 0 ? 1 : -1;
      const isFlat = (along: number, across: number) => along > from && along < to && across * side > 0;
      return {
        words: "a missing thread",
        covers(x, y) {
          const [along, across] = onBolt(x, y);
          return Number(isFlat(along, across) && Math.abs(across) < shankHalf + 1.5);
        },
        color: (x, y) => draw(x, y, isFlat),
      };
    },
  };
}
