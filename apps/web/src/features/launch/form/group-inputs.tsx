"use client";

import { ChevronRight, Plus, Trash2 } from "lucide-react";
import { type ReactNode, useState } from "react";
import { Button } from "../../../ui/button.tsx";
import { cx } from "../../../ui/class-names.ts";
import { dotted, type Field, type FieldOf, type FieldPath } from "./field.ts";
import { FieldFrame, fieldId, inputLook, ResetButton, selectLook } from "./field-frame.tsx";
import { useForm } from "./form-context.tsx";
import { RunInput } from "./run-input.tsx";
import { BooleanInput, ChoiceInput, JsonInput, NumberInput, TextInput } from "./scalar-inputs.tsx";
import { SubsetInput } from "./subset-input.tsx";
import { changesFrom, isSubset, valueAt, variantOf } from "./value.ts";

interface InputProps<F> {
  field: F;
  path: FieldPath;
  value: unknown;
}

/** The control that fits a field. */
export function FieldInput({ field, path, value }: InputProps<Field>) {
  switch (field.kind) {
    case "object":
      return <GroupInput field={field} path={path} value={value} />;
    case "union":
      return <UnionInput field={field} path={path} value={value} />;
    case "list":
      return <ListInput field={field} path={path} value={value} />;
    case "number":
      return <NumberInput field={field} path={path} value={value} />;
    case "text":
      return <TextInput field={field} path={path} value={value} />;
    case "run":
      return <RunInput field={field} path={path} value={value} />;
    case "boolean":
      return <BooleanInput field={field} path={path} value={value} />;
    case "choice":
      return <ChoiceInput field={field} path={path} value={value} />;
    case "json":
      return <JsonInput field={field} path={path} value={value} />;
    case "constant":
      return null;
  }
}

const spanning: readonly Field["kind"][] = ["object", "union", "list", "json"];

/** The fields of an object in two columns; groups take the whole width. */
export function GroupFields({ field, path, value, hidden }: InputProps<FieldOf<"object">> & { hidden?: string }) {
  const shown = Object.entries(field.fields).filter(([key, child]) => key !== hidden && child.kind !== "constant");
  const [only] = shown;
  // A variant that is nothing but one group needs no second heading.
  if (hidden !== undefined && shown.length === 1 && only![1].kind === "object") {
    return <GroupFields field={only![1]} path={[...path, only![0]]} value={valueAt(value, [only![0]])} />;
  }
  const scalars = shown.filter(([, child]) => !spans(child));
  const groups = shown.filter(([, child]) => spans(child));
  return (
    <div className="flex flex-col gap-6">
      {scalars.length > 0 && (
        <div className="grid grid-cols-1 gap-x-6 gap-y-5 sm:grid-cols-2">
          {scalars.map(([key, child]) => (
            <OptionalInput
              key={key}
              field={child}
              optional={field.optional.includes(key)}
              path={[...path, key]}
              value={valueAt(value, [key])}
            />
          ))}
        </div>
      )}
      {groups.map(([key, child]) => (
        <OptionalInput
          key={key}
          field={child}
          optional={field.optional.includes(key)}
          path={[...path, key]}
          value={valueAt(value, [key])}
        />
      ))}
    </div>
  );
}

/** Ways to the groups of a long form. */
export function GroupIndex({ field }: { field: FieldOf<"object"> }) {
  const groups = Object.entries(field.fields).filter(([, child]) => spans(child));
  if (groups.length < 4) return null;
  return (
    <nav aria-label="Groups of parameters" className="mb-3">
      <ul className="flex flex-wrap gap-x-4 gap-y-1 text-sm">
        {groups.map(([key, child]) => (
          <li key={key}>
            <a
              href={`#${groupId([key])}`}
              className="text-ink-2 underline decoration-line-strong underline-offset-2 hover:text-ink hover:decoration-ink"
            >
              {child.label}
            </a>
          </li>
        ))}
      </ul>
    </nav>
  );
}

function groupId(path: FieldPath): string {
  return `group-${path.join("-")}`;
}

/** A value or nothing ("number or null") stays in the grid beside its neighbours. */
function spans(field: Field): boolean {
  if (field.kind === "union") return field.variants.some(({ field: variant }) => spanning.includes(variant.kind));
  return spanning.includes(field.kind) && !(field.kind === "list" && isShortList(field));
}

function isShortList(field: FieldOf<"list">): boolean {
  return field.item.kind === "number" && field.maxItems <= 4;
}

function OptionalInput({ field, optional, path, value }: InputProps<Field> & { optional: boolean }) {
  const { set } = useForm();
  if (!optional || value !== undefined) {
    return (
      <div className="min-w-0 scroll-mt-20" id={groupId(path)}>
        <FieldInput field={field} path={path} value={value} />
        {optional && (
          <Button size="sm" look="quiet" className="mt-1" onClick={() => set(path, undefined)}>
            Leave out {field.label.toLowerCase()}
          </Button>
        )}
      </div>
    );
  }
  return (
    <div className="scroll-mt-20" id={groupId(path)}>
      <Button size="sm" onClick={() => set(path, field.initial)}>
        <Plus /> Set {field.label.toLowerCase()}
      </Button>
      {field.description !== undefined && <p className="mt-1 text-xs text-ink-3">{field.description}</p>}
    </div>
  );
}

function GroupHead({ field, path, value, children }: InputProps<Field> & { children?: ReactNode }) {
  const { errors } = useForm();
  const error = errors.get(dotted(path));
  return (
    <div className="mb-4">
      <div className="flex items-center gap-2">
        <h3 className="text-base font-semibold">{field.label}</h3>
        <ResetButton path={path} value={value} label={field.label} />
        {children !== undefined && <span className="ml-auto">{children}</span>}
      </div>
      {field.description !== undefined && <p className="mt-0.5 max-w-prose text-sm text-ink-2">{field.description}</p>}
      {error !== undefined && (
        <p role="alert" className="mt-1 text-sm text-danger">
          {error}
        </p>
      )}
    </div>
  );
}

const groupLook = "min-w-0 border-t border-line pt-5";

function GroupInput({ field, path, value }: InputProps<FieldOf<"object">>) {
  if (path.length > 1) return <NestedGroup field={field} path={path} value={value} />;
  return (
    <fieldset className={groupLook} aria-label={field.label} data-field={dotted(path)}>
      <GroupHead field={field} path={path} value={value} />
      <GroupFields field={field} path={path} value={value} />
    </fieldset>
  );
}

/** A group within a group: closed while there is nothing in it to be seen at once, which its head says. */
function NestedGroup({ field, path, value }: InputProps<FieldOf<"object">>) {
  const { defaults, errors, vary } = useForm();
  const numChanges = changesFrom(valueAt(defaults, path), value).length;
  const isVaried = vary?.isVaried(path) ?? false;
  const [isOpen, setOpen] = useState(numChanges > 0 || isVaried);
  const isWrong = [...errors.keys()].some((key) => `${key}.`.startsWith(`${dotted(path)}.`));
  return (
    <details
      open={isOpen || isWrong}
      onToggle={({ currentTarget }) => setOpen(currentTarget.open)}
      className={cx(groupLook, "group/nested")}
      data-field={dotted(path)}
    >
      <summary className="-my-1 flex list-none items-start gap-2 rounded-md py-1 [&::-webkit-details-marker]:hidden">
        <ChevronRight
          aria-hidden
          className="mt-0.5 size-4 shrink-0 text-ink-3 transition-transform group-open/nested:rotate-90"
        />
        <span className="min-w-0">
          <span className="flex flex-wrap items-center gap-x-2">
            <span className="font-semibold">{field.label}</span>
            {numChanges > 0 && (
              <span className="rounded-sm bg-copper-soft px-1.5 text-xs font-medium text-copper numeric">
                {numChanges} changed
              </span>
            )}
            {isVaried && <span className="text-xs text-ink-3">varies</span>}
          </span>
          {field.description !== undefined && (
            <span className="mt-0.5 block max-w-prose text-sm text-ink-2">{field.description}</span>
          )}
        </span>
      </summary>
      <div className="mt-4 sm:ml-6">
        <GroupFields field={field} path={path} value={value} />
      </div>
    </details>
  );
}

function UnionInput({ field, path, value }: InputProps<FieldOf<"union">>) {
  const { set } = useForm();
  const chosen = variantOf(field, value);
  const choose = (name: string) => set(path, field.variants.find((variant) => variant.name === name)!.field.initial);
  const select = (
    <select
      id={fieldId(path)}
      aria-label={field.label}
      value={chosen.name}
      onChange={(event) => choose(event.target.value)}
      className={cx(selectLook, "h-9")}
    >
      {field.variants.map(({ name, label }) => (
        <option key={name} value={name}>
          {label}
        </option>
      ))}
    </select>
  );
  if (!spans(field)) {
    return (
      <FieldFrame field={field} path={path} value={value}>
        <div className="flex gap-2">
          <div className="w-32 shrink-0">{select}</div>
          <div className="min-w-0 flex-1 [&_label]:sr-only">
            <BareInput field={chosen.field} path={path} value={value} />
          </div>
        </div>
      </FieldFrame>
    );
  }
  return (
    <fieldset className={groupLook} aria-label={field.label} data-field={dotted(path)}>
      <GroupHead field={field} path={path} value={value} />
      <div className="mb-5 sm:max-w-72">{select}</div>
      {chosen.field.description !== undefined && (
        <p className="-mt-3 mb-5 max-w-prose text-xs text-ink-3">{chosen.field.description}</p>
      )}
      {chosen.field.kind === "object" ? (
        <GroupFields field={chosen.field} path={path} value={value} hidden={field.key ?? undefined} />
      ) : (
        <FieldInput field={chosen.field} path={path} value={value} />
      )}
    </fieldset>
  );
}

/** The control alone, where a frame around it has the label already. */
function BareInput({ field, path, value }: InputProps<Field>) {
  const { set, errors } = useForm();
  if (field.kind === "constant") return null;
  return (
    <input
      aria-label="Value"
      aria-invalid={errors.has(dotted(path))}
      value={String(value ?? "")}
      onChange={(event) =>
        set(
          path,
          field.kind === "number" && event.target.value.trim() !== "" && Number.isFinite(Number(event.target.value))
            ? Number(event.target.value)
            : event.target.value,
        )
      }
      className={cx(inputLook, "h-9 numeric")}
    />
  );
}

function ListInput({ field, path, value }: InputProps<FieldOf<"list">>) {
  const { set, vary } = useForm();
  if (field.item.kind === "choice" && isSubset(field, value)) {
    return <SubsetInput field={field} options={field.item.options} path={path} value={value} />;
  }
  const editor = vary?.editor(field, path) ?? null;
  const items = Array.isArray(value) ? value : [];
  const fixed = field.minItems === field.maxItems;
  const remove = (index: number) =>
    set(
      path,
      items.filter((_, at) => at !== index),
    );
  return (
    <fieldset className={isShortList(field) ? "min-w-0" : groupLook} aria-label={field.label} data-field={dotted(path)}>
      <GroupHead field={field} path={path} value={value}>
        {vary?.button(field, path, value)}
      </GroupHead>
      {editor}
      <ol hidden={editor !== null} className={cx("flex gap-3", isShortList(field) ? "flex-row" : "flex-col")}>
        {items.map((item, index) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: entries are known by their place
          <li key={index} className="flex min-w-0 flex-1 items-start gap-2">
            <div className="min-w-0 flex-1">
              <FieldInput
                field={{ ...field.item, label: `${field.label} ${index + 1}` }}
                path={[...path, index]}
                value={item}
              />
            </div>
            {!fixed && items.length > field.minItems && (
              <Button
                look="quiet"
                size="icon"
                className="mt-7"
                aria-label={`Remove entry ${index + 1}`}
                onClick={() => remove(index)}
              >
                <Trash2 />
              </Button>
            )}
          </li>
        ))}
      </ol>
      {editor === null && items.length < field.maxItems && (
        <Button size="sm" className="mt-3" onClick={() => set(path, [...items, field.item.initial])}>
          <Plus /> Add entry
        </Button>
      )}
    </fieldset>
  );
}
