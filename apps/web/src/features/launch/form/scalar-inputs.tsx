"use client";

import { Switch } from "radix-ui";
import { useState } from "react";
import { formatCount } from "../../../format/number.ts";
import { cx } from "../../../ui/class-names.ts";
import { dotted, type Field, type FieldOf, type FieldPath } from "./field.ts";
import { describedBy, FieldFrame, fieldId, inputLook, selectLook } from "./field-frame.tsx";
import { useForm } from "./form-context.tsx";

interface InputProps<F> {
  field: F;
  path: FieldPath;
  value: unknown;
}

/** Attributes that tie a control to its label, description and complaint. */
function useControl(field: Field, path: FieldPath) {
  const { errors, set } = useForm();
  const error = errors.get(dotted(path));
  return {
    change: (value: unknown) => set(path, value),
    attributes: {
      id: fieldId(path),
      name: dotted(path),
      "aria-invalid": error !== undefined,
      "aria-describedby": describedBy(field, path, error),
    },
  };
}

export function NumberInput({ field, path, value }: InputProps<FieldOf<"number">>) {
  const { attributes, change } = useControl(field, path);
  const draft = useDraft(value, parseNumber, (number) => String(number ?? ""));
  return (
    <FieldFrame field={field} path={path} value={value} hint={boundsText(field)}>
      <input
        {...attributes}
        // Not type=number: that swallows what it does not understand, and steps by wheel.
        type="text"
        inputMode={field.integer ? "numeric" : "decimal"}
        autoComplete="off"
        value={draft.text}
        onChange={(event) => change(draft.edit(event.target.value))}
        className={cx(inputLook, "h-9 numeric")}
      />
    </FieldFrame>
  );
}

/** The number that a text says, or the text itself while it says none: "1e" may still become one. */
function parseNumber(text: string): number | string {
  return text.trim() !== "" && Number.isFinite(Number(text)) ? Number(text) : text;
}

function boundsText({ bounds, integer }: FieldOf<"number">): string | undefined {
  const { minimum, maximum, exclusiveMinimum, exclusiveMaximum } = bounds;
  const [hasLow, hasHigh] = [Number.isFinite(minimum), Number.isFinite(maximum)];
  const [low, high] = [boundText(minimum), boundText(maximum)];
  if (hasLow && hasHigh) return `${exclusiveMinimum ? "> " : ""}${low} to ${exclusiveMaximum ? "< " : ""}${high}`;
  if (hasLow) return `${exclusiveMinimum ? ">" : "≥"} ${low}`;
  if (hasHigh) return `${exclusiveMaximum ? "<" : "≤"} ${high}`;
  return integer ? "whole number" : undefined;
}

function boundText(bound: number): string {
  return Math.abs(bound) >= 1_000 ? formatCount(bound) : String(bound);
}

export function TextInput({ field, path, value }: InputProps<FieldOf<"text">>) {
  const { attributes, change } = useControl(field, path);
  return (
    <FieldFrame field={field} path={path} value={value}>
      <input
        {...attributes}
        type="text"
        autoComplete="off"
        spellCheck={false}
        value={String(value ?? "")}
        onChange={(event) => change(event.target.value)}
        className={cx(inputLook, "h-9")}
      />
    </FieldFrame>
  );
}

export function ChoiceInput({ field, path, value }: InputProps<FieldOf<"choice">>) {
  const { attributes, change } = useControl(field, path);
  return (
    <FieldFrame field={field} path={path} value={value}>
      <select
        {...attributes}
        value={field.options.indexOf(value as string)}
        onChange={(event) => change(field.options[Number(event.target.value)])}
        className={cx(selectLook, "h-9")}
      >
        {field.options.map((option, index) => (
          <option key={String(option)} value={index}>
            {String(option)}
          </option>
        ))}
      </select>
    </FieldFrame>
  );
}

export function BooleanInput({ field, path, value }: InputProps<FieldOf<"boolean">>) {
  const { attributes, change } = useControl(field, path);
  return (
    <FieldFrame field={field} path={path} value={value}>
      <div className="flex h-9 items-center gap-2.5">
        <Switch.Root
          {...attributes}
          checked={value === true}
          onCheckedChange={change}
          className="relative h-5 w-9 shrink-0 rounded-full border border-control bg-sunken transition-colors data-[state=checked]:border-ink data-[state=checked]:bg-ink"
        >
          <Switch.Thumb className="block size-3.5 translate-x-0.5 rounded-full bg-ink-3 transition-transform data-[state=checked]:translate-x-[1.15rem] data-[state=checked]:bg-paper" />
        </Switch.Root>
        <span aria-hidden className="text-sm text-ink-2">
          {value === true ? "On" : "Off"}
        </span>
      </div>
    </FieldFrame>
  );
}

/** For what has no form: the value as JSON. Text that is not JSON yet is kept, and complained about. */
export function JsonInput({ field, path, value }: InputProps<FieldOf<"json">>) {
  const { attributes, change } = useControl(field, path);
  const draft = useDraft(value, parseJson, (json) => (typeof json === "string" ? json : JSON.stringify(json, null, 2)));
  return (
    <FieldFrame field={field} path={path} value={value} hint="JSON">
      <textarea
        {...attributes}
        rows={Math.min(10, draft.text.split("\n").length + 1)}
        spellCheck={false}
        value={draft.text}
        onChange={(event) => change(draft.edit(event.target.value))}
        className={cx(inputLook, "py-2 font-mono text-xs")}
      />
    </FieldFrame>
  );
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

/** Keeps what was typed ("2e-3") as long as it means the field's value, which is a number or JSON and not a text. */
function useDraft(value: unknown, parse: (text: string) => unknown, print: (value: unknown) => string) {
  const [draft, setDraft] = useState<string | null>(null);
  const current = draft !== null && JSON.stringify(parse(draft)) === JSON.stringify(value);
  return {
    text: current ? draft : print(value),
    edit(text: string) {
      setDraft(text);
      return parse(text);
    },
  };
}
