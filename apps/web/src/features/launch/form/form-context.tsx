"use client";

import { createContext, type ReactNode, use } from "react";
import type { Field, FieldPath } from "./field.ts";

export interface FormState {
  /** The value that a field had before anybody edited, to mark and undo changes. */
  defaults: unknown;
  /** Complaint about a field by its dotted path. */
  errors: ReadonlyMap<string, string>;
  set(path: FieldPath, value: unknown): void;
  /** In a sweep's form: what gives a parameter several values instead of one. */
  vary?: VaryState;
}

export interface VaryState {
  /** The button beside a field's label; null where the field can have one value only. */
  button(field: Field, path: FieldPath, value: unknown): ReactNode;
  /** What stands in place of the field's control while it varies; null while it does not. */
  editor(field: Field, path: FieldPath): ReactNode;
  /** Whether anything in a group varies. */
  isVaried(path: FieldPath): boolean;
}

const Context = createContext<FormState | null>(null);
export const FormProvider = Context.Provider;

export function useForm(): FormState {
  const state = use(Context);
  if (state === null) throw new Error("A field stands outside of its form");
  return state;
}
