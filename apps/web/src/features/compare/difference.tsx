import type { Comparison } from "@retort/api";
import { formatCount, formatDifference, type ScoreUnit } from "../../format/number.ts";
import { cx } from "../../ui/class-names.ts";

type Interval = NonNullable<Comparison["overSeeds"]>;

/** A paired difference with its 95 % interval, over seeds and over samples as far as there are any. */
export function DifferenceText({
  comparison,
  unit,
  higherIsBetter = true,
}: {
  comparison: Comparison | undefined;
  unit: ScoreUnit;
  higherIsBetter?: boolean;
}) {
  const { overSeeds = null, overSamples = null } = comparison ?? {};
  if (overSeeds === null && overSamples === null) return <span className="text-ink-3">–</span>;
  return (
    <span className="inline-flex flex-col items-end gap-0.5 numeric">
      {overSeeds !== null && (
        <Line interval={overSeeds} unit={unit} higherIsBetter={higherIsBetter} over={`${overSeeds.n} seeds`} />
      )}
      {overSamples !== null && (
        <Line
          interval={overSamples}
          unit={unit}
          higherIsBetter={higherIsBetter}
          over={`${formatCount(overSamples.n)} samples`}
        />
      )}
    </span>
  );
}

function Line(props: { interval: Interval; unit: ScoreUnit; higherIsBetter: boolean; over: string }) {
  const { interval, unit, higherIsBetter, over } = props;
  const { mean, low, high } = interval;
  const isClear = low > 0 || high < 0;
  const isBetter = mean > 0 === higherIsBetter;
  return (
    <span
      className="whitespace-nowrap"
      title={`${isClear ? "The 95 % interval lies on one side of zero" : "The 95 % interval contains zero"}; paired over ${over}`}
    >
      <span className={cx("font-medium", isClear && (isBetter ? "text-success" : "text-danger"))}>
        {formatDifference(mean, unit)}
      </span>{" "}
      <span className="text-xs text-ink-3">
        [{formatDifference(low, unit)}, {formatDifference(high, unit)}] {over}
      </span>
    </span>
  );
}
