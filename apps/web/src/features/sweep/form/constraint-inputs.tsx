"use client";

import { Plus, Trash2 } from "lucide-react";
import { Button } from "../../../ui/button.tsx";
import { cx } from "../../../ui/class-names.ts";
import { inputLook } from "../../launch/form/field-frame.tsx";

/** Comparisons that every point fulfils. */
export function ConstraintInputs({
  constraints,
  onChange,
}: {
  constraints: readonly string[];
  onChange(constraints: string[]): void;
}) {
  return (
    <fieldset className="min-w-0 border-t border-line pt-5" aria-label="Constraints">
      <h3 className="text-base font-semibold">Constraints</h3>
      <p className="mt-0.5 mb-3 max-w-prose text-sm text-ink-2">
        Comparisons that every point fulfils, such as{" "}
        <code className="font-mono text-xs">training.batchSize * training.numSteps &lt;= 20000</code>.
      </p>
      <ul className="flex flex-col gap-2">
        {constraints.map((constraint, index) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: entries are known by their place
          <li key={index} className="flex items-center gap-2">
            <input
              aria-label={`Constraint ${index + 1}`}
              value={constraint}
              spellCheck={false}
              autoComplete="off"
              onChange={(event) => onChange(constraints.toSpliced(index, 1, event.target.value))}
              className={cx(inputLook, "h-9 font-mono text-xs")}
            />
            <Button
              look="quiet"
              size="icon"
              aria-label={`Remove constraint ${index + 1}`}
              onClick={() => onChange(constraints.toSpliced(index, 1))}
            >
              <Trash2 />
            </Button>
          </li>
        ))}
      </ul>
      <Button size="sm" className={cx(constraints.length > 0 && "mt-3")} onClick={() => onChange([...constraints, ""])}>
        <Plus /> Add constraint
      </Button>
    </fieldset>
  );
}
