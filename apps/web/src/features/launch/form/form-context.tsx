"use client";

import { createContext, use } from "react";
import type { FieldPath } from "./field.ts";

export interface FormState {
  /** The value that a field had before anybody edited, to mark and undo changes. */
  defaults: unknown;
  /** Complaint about a field by its dotted path. */
  errors: ReadonlyMap<string, string>;
  set(path: FieldPath, value: unknown): void;
}

const Context = createContext<FormState | null>(null);
export const FormProvider = Context.Provider;

export function useForm(): FormState {
  const state = use(Context);
  if (state === null) throw new Error("A field stands outside of its form");
  return state;
}
