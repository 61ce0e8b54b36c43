import type { CurvePoint } from "../charts/curve.ts";

/** The outline of a curve, without axes: min to max as a band, the last values as a line. */
export function Sparkline({
  points,
  width = 160,
  height = 40,
  range,
  className = "text-running",
}: {
  points: readonly CurvePoint[];
  width?: number;
  height?: number;
  /** Values at the bottom and at the top; what the points span without it. */
  range?: readonly [number, number];
  className?: string;
}) {
  const finite = points.filter(
    ({ min, max, last }) => Number.isFinite(min) && Number.isFinite(max) && Number.isFinite(last),
  );
  if (finite.length < 2) return <svg aria-hidden width={width} height={height} />;
  const [first, final] = [finite[0]!.step, finite.at(-1)!.step];
  const [low, high] = range ?? [Math.min(...finite.map(({ min }) => min)), Math.max(...finite.map(({ max }) => max))];
  const x = (step: number) => (((step - first) / (final - first || 1)) * (width - 6)).toFixed(1);
  const y = (value: number) => (height - 3 - ((value - low) / (high - low || 1)) * (height - 6)).toFixed(1);
  const line = finite.map(({ step, last }) => `${x(step)},${y(last)}`).join(" ");
  const band = [
    ...finite.map(({ step, max }) => `${x(step)},${y(max)}`),
    ...finite.toReversed().map(({ step, min }) => `${x(step)},${y(min)}`),
  ].join(" ");
  const end = finite.at(-1)!;
  return (
    <svg aria-hidden width={width} height={height} className={className}>
      <polygon points={band} fill="currentColor" opacity="0.18" />
      <polyline points={line} fill="none" stroke="currentColor" strokeWidth="1.5" strokeLinejoin="round" />
      <circle cx={x(end.step)} cy={y(end.last)} r="2.5" fill="currentColor" />
    </svg>
  );
}
