import { cx } from "../../ui/class-names.ts";
import { problemOf } from "../../ui/problem.tsx";
import { inputLook } from "../launch/form/field-frame.tsx";

const most = 1000;

interface PriorityInputProps {
  /** Name of what has it. */
  of: string;
  title: string;
  priority: number;
  change: { mutate(priority: number): void; isPending: boolean; error: unknown };
}

/** A priority, to be changed in place. */
export function PriorityInput({ of, title, priority, change }: PriorityInputProps) {
  function take(input: HTMLInputElement): void {
    const value = Number(input.value);
    const isRight = input.value.trim() !== "" && Number.isInteger(value) && Math.abs(value) <= most;
    if (!isRight) input.value = String(priority);
    else if (value !== priority) change.mutate(value);
  }
  return (
    <>
      <input
        // What is stored fills the field again once it has changed.
        key={priority}
        type="number"
        min={-most}
        max={most}
        defaultValue={priority}
        disabled={change.isPending}
        aria-label={`Priority of ${of}`}
        title={title}
        onBlur={({ currentTarget }) => take(currentTarget)}
        onKeyDown={({ key, currentTarget }) => {
          if (key === "Enter") currentTarget.blur();
        }}
        className={cx(inputLook, "h-7 max-w-18 px-1.5 text-right text-sm numeric")}
      />
      {change.error !== null && (
        <span role="alert" className="block text-xs text-danger">
          {problemOf(change.error).message}
        </span>
      )}
    </>
  );
}
