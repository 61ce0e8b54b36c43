"use client";

import { Check, Plus } from "lucide-react";
import { cx } from "../../../ui/class-names.ts";
import { dotted, type FieldOf, type FieldPath } from "./field.ts";
import { fieldId, ResetButton } from "./field-frame.tsx";
import { useForm } from "./form-context.tsx";

/** Some of a fixed set, each once: as buttons that are in or out, in the set's own order. */
export function SubsetInput({
  field,
  options,
  path,
  value,
}: {
  field: FieldOf<"list">;
  options: readonly unknown[];
  path: FieldPath;
  value: unknown;
}) {
  const { set, errors, vary } = useForm();
  const chosen = Array.isArray(value) ? value : [];
  const error = errors.get(dotted(path));
  const editor = vary?.editor(field, path) ?? null;
  const toggle = (option: unknown) =>
    set(
      path,
      options.filter((each) => (each === option ? !chosen.includes(each) : chosen.includes(each))),
    );
  return (
    <div className="min-w-0" data-field={dotted(path)}>
      <div className="mb-1.5 flex min-h-6 items-center gap-2">
        <span id={`${fieldId(path)}-label`} className="text-sm font-medium">
          {field.label}
        </span>
        {editor === null && <ResetButton path={path} value={value} label={field.label} />}
        <span className="ml-auto text-xs text-ink-3 numeric">
          {chosen.length} of {options.length}
        </span>
        {vary?.button(field, path, value)}
      </div>
      {editor}
      <fieldset
        id={fieldId(path)}
        tabIndex={-1}
        aria-labelledby={`${fieldId(path)}-label`}
        hidden={editor !== null}
        className="flex flex-wrap gap-1.5"
      >
        {options.map((option) => {
          const isChosen = chosen.includes(option);
          return (
            <button
              key={String(option)}
              type="button"
              aria-pressed={isChosen}
              onClick={() => toggle(option)}
              className={cx(
                "inline-flex h-8 items-center gap-1.5 rounded-md border px-2.5 text-sm",
                isChosen ? "border-ink bg-surface font-medium" : "border-dashed border-control text-ink-3",
              )}
            >
              {isChosen ? <Check aria-hidden className="size-3.5" /> : <Plus aria-hidden className="size-3.5" />}
              {String(option)}
            </button>
          );
        })}
      </fieldset>
      {error !== undefined && (
        <p role="alert" className="mt-1 text-sm text-danger">
          {error}
        </p>
      )}
      {field.description !== undefined && <p className="mt-1 text-xs text-ink-3">{field.description}</p>}
    </div>
  );
}
