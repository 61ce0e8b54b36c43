/** A parameter as the form shows it: what a JSON Schema (2020-12) says, reduced to what a person can fill in. */
export type Field = FieldText & FieldKind;

interface FieldText {
  label: string;
  description: string | undefined;
  /** What stands there before anybody edits. */
  initial: unknown;
}

type FieldKind =
  | { kind: "object"; fields: Record<string, Field>; optional: readonly string[] }
  | { kind: "number"; integer: boolean; bounds: Bounds }
  | { kind: "text"; minLength: number; maxLength: number; pattern: string | undefined }
  /** The id of an earlier run that has left this artifact. */
  | { kind: "run"; artifact: string; artifactOf: readonly string[]; pattern: string | undefined }
  | { kind: "boolean" }
  | { kind: "choice"; options: readonly (string | number | boolean | null)[] }
  | { kind: "constant"; value: unknown }
  | { kind: "union"; key: string | null; variants: readonly Variant[] }
  /** Of a sequence the order counts, and an entry may come again; a list of choices that is none is a set. */
  | { kind: "list"; item: Field; minItems: number; maxItems: number; isSequence: boolean }
  /** Anything else is edited as JSON, so that no schema is out of reach. */
  | { kind: "json" };

export interface Bounds {
  minimum: number;
  maximum: number;
  /** The bound itself is not allowed: "more than 0". */
  exclusiveMinimum: boolean;
  exclusiveMaximum: boolean;
  multipleOf: number | undefined;
}

export interface Variant {
  /** Stable name: the value of the discriminator, or the variant's own name. */
  name: string;
  label: string;
  field: Field;
}

export type FieldOf<K extends Field["kind"]> = Extract<Field, { kind: K }>;

export type FieldPath = readonly (string | number)[];

/** "optimizer.lr", as the command line writes it. */
export function dotted(path: FieldPath): string {
  return path.join(".");
}
