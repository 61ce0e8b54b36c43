"use client";

import { Check, Plus } from "lucide-react";
import { useState } from "react";
import { cx } from "../../../ui/class-names.ts";
import type { Field, FieldPath } from "../../launch/form/field.ts";
import { fieldId, inputLook } from "../../launch/form/field-frame.tsx";
import { isLog, rescaled, reshaped, shapeOf } from "../draft/dimension.ts";
import type { DimensionJson } from "../draft/space-edit.ts";
import { parseValues, printValues } from "../draft/value-list.ts";

interface Props {
  field: Field;
  path: FieldPath;
  dimension: DimensionJson;
  problem: string | null;
  onChange(dimension: DimensionJson): void;
}

/** What a parameter varies over: some of its choices, a list of values, or a range. */
export function DimensionInput(props: Props) {
  const { field, path, dimension, problem } = props;
  const options = optionsOf(field);
  const problemId = `${fieldId(path)}-dimension-error`;
  return (
    <div
      className="rounded-md border border-copper/50 bg-copper-soft/40 p-2.5"
      data-dimension={path.join(".")}
      aria-describedby={problem === null ? undefined : problemId}
    >
      {options !== null && shapeOf(dimension) === "values" ? (
        <OptionsInput {...props} options={options} />
      ) : field.kind === "number" ? (
        <NumberDimension {...props} />
      ) : (
        <ValueList {...props} />
      )}
      {dimension.when !== undefined && (
        <p className="mt-1.5 font-mono text-xs text-ink-2">only when {JSON.stringify(dimension.when)}</p>
      )}
      {problem !== null && (
        <p id={problemId} role="alert" className="mt-1.5 text-sm text-danger">
          {problem}
        </p>
      )}
    </div>
  );
}

function optionsOf(field: Field): readonly unknown[] | null {
  if (field.kind === "choice") return field.options;
  return field.kind === "boolean" ? [false, true] : null;
}

const optionLook = "inline-flex h-8 items-center gap-1.5 rounded-md border px-2.5 text-sm";

function OptionsInput({ field, path, dimension, options, onChange }: Props & { options: readonly unknown[] }) {
  const chosen = Array.isArray(dimension.values) ? dimension.values : [];
  const toggle = (option: unknown) =>
    onChange({
      ...dimension,
      values: options.filter((each) => (each === option ? !chosen.includes(each) : chosen.includes(each))),
    });
  return (
    <fieldset id={fieldId(path)} aria-label={`Values of ${field.label}`} className="flex flex-wrap gap-1.5">
      {options.map((option) => {
        const isChosen = chosen.includes(option);
        return (
          <button
            key={String(option)}
            type="button"
            aria-pressed={isChosen}
            onClick={() => toggle(option)}
            className={cx(
              optionLook,
              isChosen ? "border-ink bg-surface font-medium" : "border-dashed border-control text-ink-2",
            )}
          >
            {isChosen ? <Check aria-hidden className="size-3.5" /> : <Plus aria-hidden className="size-3.5" />}
            {typeof option === "boolean" ? (option ? "On" : "Off") : String(option)}
          </button>
        );
      })}
    </fieldset>
  );
}

/** Values apart by commas; of what has no short form (lists, texts with commas), one a line. */
function ValueList({ field, path, dimension, onChange }: Props) {
  const byLine = field.kind !== "number";
  const values = Array.isArray(dimension.values) ? dimension.values : [];
  const [text, setText] = useState(() => printValues(field, values));
  const shown = JSON.stringify(parseValues(field, text)) === JSON.stringify(values) ? text : printValues(field, values);
  const input = {
    id: fieldId(path),
    "aria-label": `Values of ${field.label}`,
    value: shown,
    spellCheck: false,
    onChange: (event: { target: { value: string } }) => {
      setText(event.target.value);
      onChange({ ...dimension, values: parseValues(field, event.target.value) });
    },
  };
  return (
    <>
      {byLine ? (
        <textarea
          {...input}
          rows={Math.min(8, shown.split("\n").length + 1)}
          className={cx(inputLook, "py-1.5 font-mono text-xs")}
        />
      ) : (
        <input {...input} autoComplete="off" inputMode="text" className={cx(inputLook, "h-9 numeric")} />
      )}
      <p className="mt-1 text-xs text-ink-3">
        {byLine ? "One value a line" : "Values, comma-separated"}
        {field.kind === "list" || field.kind === "union" ? ", as JSON" : ""}; {values.length} so far
      </p>
    </>
  );
}

function NumberDimension(props: Props) {
  const { field, dimension, onChange } = props;
  const integer = field.kind === "number" && field.integer;
  const shape = shapeOf(dimension);
  return (
    <>
      <div className="mb-2 flex flex-wrap items-center gap-x-3 gap-y-1.5">
        <fieldset
          aria-label={`How ${field.label} varies`}
          className="flex rounded-md border border-control bg-surface p-0.5"
        >
          {(["values", "range"] as const).map((each) => (
            <button
              key={each}
              type="button"
              aria-pressed={shape === each}
              onClick={() => onChange(reshaped(dimension, each, integer))}
              className="h-6 rounded-sm px-2 text-xs text-ink-2 aria-pressed:bg-sunken aria-pressed:font-medium aria-pressed:text-ink"
            >
              {each === "values" ? "Values" : "Range"}
            </button>
          ))}
        </fieldset>
        {shape === "range" && (
          <label className="flex items-center gap-1.5 text-xs text-ink-2">
            <input
              type="checkbox"
              checked={isLog(dimension)}
              onChange={(event) => onChange(rescaled(dimension, event.target.checked))}
              className="size-3.5 accent-ink"
            />
            log scale
          </label>
        )}
      </div>
      {shape === "values" ? <ValueList {...props} /> : <RangeInputs {...props} integer={integer} />}
    </>
  );
}

function RangeInputs({ field, path, dimension, onChange, integer }: Props & { integer: boolean }) {
  const parts = integer
    ? ([
        ["min", "From", false],
        ["max", "To", false],
        ["step", "Step", true],
      ] as const)
    : ([
        ["min", "From", false],
        ["max", "To", false],
        ["count", "On a grid", true],
        ["quantum", "Multiples of", true],
      ] as const);
  return (
    <div className={cx("grid gap-2", integer ? "grid-cols-3" : "grid-cols-2")}>
      {parts.map(([key, label, optional], index) => (
        <div key={key} className="min-w-0 text-xs text-ink-2">
          <span aria-hidden>{label}</span>
          <NumberCell
            id={index === 0 ? fieldId(path) : undefined}
            label={`${label} of ${field.label}`}
            value={dimension[key]}
            placeholder={optional ? (key === "step" ? "1" : "any") : ""}
            onChange={(value) => {
              const { [key]: _, ...rest } = dimension;
              onChange((value === undefined ? rest : { ...dimension, [key]: value }) as DimensionJson);
            }}
          />
        </div>
      ))}
    </div>
  );
}

/** A number that may be left empty; text that is none yet stays as it was typed. */
function NumberCell(props: {
  id: string | undefined;
  label: string;
  value: unknown;
  placeholder: string;
  onChange(value: unknown): void;
}) {
  const [text, setText] = useState<string | null>(null);
  const read = (typed: string) => {
    if (typed.trim() === "") return undefined;
    return Number.isFinite(Number(typed)) ? Number(typed) : typed;
  };
  const current = text !== null && read(text) === props.value;
  return (
    <input
      {...(props.id === undefined ? {} : { id: props.id })}
      aria-label={props.label}
      inputMode="decimal"
      autoComplete="off"
      placeholder={props.placeholder}
      value={current ? text : String(props.value ?? "")}
      onChange={(event) => {
        setText(event.target.value);
        props.onChange(read(event.target.value));
      }}
      className={cx(inputLook, "mt-0.5 h-8 text-sm text-ink numeric")}
    />
  );
}
