"use client";

import { RotateCcw } from "lucide-react";
import type { ReactNode } from "react";
import { cx } from "../../../ui/class-names.ts";
import { dotted, type Field, type FieldPath } from "./field.ts";
import { useForm } from "./form-context.tsx";
import { valueAt } from "./value.ts";

const controlLook =
  "w-full rounded-md border bg-surface text-base outline-offset-0 placeholder:text-ink-3 disabled:opacity-60 " +
  "border-control aria-invalid:border-danger";

export const inputLook = `${controlLook} px-2.5`;

/** The arrow has the room on the right; px would take it back, and a long choice would run into the arrow. */
export const selectLook = `${controlLook} select truncate pl-2.5`;

export function fieldId(path: FieldPath): string {
  return `param-${path.join("-")}`;
}

/** What aria-describedby of a field's control names. */
export function describedBy(field: Field, path: FieldPath, error: string | undefined): string | undefined {
  const ids = [field.description && `${fieldId(path)}-description`, error && `${fieldId(path)}-error`].filter(Boolean);
  return ids.length === 0 ? undefined : ids.join(" ");
}

/** Label, description, the control, the complaint, and the way back to the default. */
export function FieldFrame({
  field,
  path,
  value,
  hint,
  children,
}: {
  field: Field;
  path: FieldPath;
  value: unknown;
  hint?: string;
  children: ReactNode;
}) {
  const { errors, vary } = useForm();
  const id = fieldId(path);
  const error = errors.get(dotted(path));
  const editor = vary?.editor(field, path) ?? null;
  return (
    <div className="min-w-0" data-field={dotted(path)}>
      <div className="mb-1 flex min-h-6 items-center gap-2">
        <label htmlFor={id} className="text-sm font-medium">
          {field.label}
        </label>
        {editor === null && <ResetButton path={path} value={value} label={field.label} />}
        {hint !== undefined && <span className="ml-auto text-xs text-ink-3 numeric">{hint}</span>}
        {vary !== undefined && (
          <span className={cx(hint === undefined && "ml-auto")}>{vary.button(field, path, value)}</span>
        )}
      </div>
      {editor ?? children}
      {error !== undefined && (
        <p id={`${id}-error`} role="alert" className="mt-1 text-sm text-danger">
          {error}
        </p>
      )}
      {field.description !== undefined && (
        <p id={`${id}-description`} className="mt-1 text-xs text-ink-3">
          {field.description}
        </p>
      )}
    </div>
  );
}

/** Marks a value that differs from the recipe's default, and brings the default back. */
export function ResetButton({ path, value, label }: { path: FieldPath; value: unknown; label: string }) {
  const { defaults, set } = useForm();
  const initial = valueAt(defaults, path);
  const changed = initial !== undefined && JSON.stringify(initial) !== JSON.stringify(value);
  return (
    <button
      type="button"
      tabIndex={changed ? 0 : -1}
      aria-hidden={!changed}
      onClick={() => set(path, initial)}
      title={`Back to the default: ${JSON.stringify(initial)}`}
      className={cx(
        "inline-flex items-center gap-1 rounded-sm bg-copper-soft px-1.5 text-xs font-medium text-copper hover:underline",
        !changed && "invisible",
      )}
    >
      changed <RotateCcw aria-hidden className="size-3" />
      <span className="sr-only">Reset {label} to its default</span>
    </button>
  );
}
