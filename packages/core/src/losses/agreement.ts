import { type DType, ShapeError, type Value } from "@retort/engine";

const typeText = ({ dtype, shape }: Value) => `${dtype}[${shape.join(",")}]`;

/**
 * Student and teacher logits of one shape [...,V].
 * @throws ShapeError VOCABULARY_MISMATCH when V differs, SHAPE_MISMATCH when anything else does; both name the two types
 */
export function sameVocabulary(student: Value, teacher: Value, where: string): void {
  const [own, others] = [student.shape.at(-1), teacher.shape.at(-1)];
  if (own !== others) {
    throw new ShapeError({
      code: "VOCABULARY_MISMATCH",
      message: "student and teacher speak different vocabularies",
      expected: `${others} entries, as the teacher's ${typeText(teacher)}`,
      got: `${own} entries in the student's ${typeText(student)}`,
      where,
      fix: "Distil between models that share a tokenizer and the size of their output layer.",
    });
  }
  sameTypes({ student, teacher }, where);
}

/** @throws ShapeError SHAPE_MISMATCH when the values differ in shape or dtype, naming them all. */
export function sameTypes(values: Readonly<Record<string, Value>>, where: string): void {
  const entries = Object.entries(values);
  const [first, ...others] = entries.map(([, value]) => typeText(value));
  if (others.every((text) => text === first)) return;
  throw mismatch({
    expected: `one type for ${Object.keys(values).join(" and ")}`,
    got: described(entries),
    where,
  });
}

/** @throws ShapeError SHAPE_MISMATCH unless `value` has this shape (null: any size), naming `beside`, which asks for it. */
export function hasShape(
  [name, value]: readonly [string, Value],
  expected: { shape: readonly (number | null)[]; dtype?: DType; beside?: readonly [string, Value] },
  where: string,
): void {
  const { shape, dtype = value.dtype, beside } = expected;
  const fits =
    value.shape.length === shape.length && shape.every((size, i) => size === null || size === value.shape[i]);
  if (fits && value.dtype === dtype) return;
  const wanted = `${name} as ${dtype}[${shape.map((size) => size ?? "any").join(",")}]`;
  throw mismatch({
    expected: beside ? `${wanted} beside ${described([beside])}` : wanted,
    got: described([[name, value]]),
    where,
  });
}

function described(entries: readonly (readonly [string, Value])[]): string {
  return entries.map(([name, value]) => `${name} ${typeText(value)}`).join(", ");
}

function mismatch(details: { expected: string; got: string; where: string }): ShapeError {
  return new ShapeError({ code: "SHAPE_MISMATCH", message: "the tensors of a loss do not fit each other", ...details });
}
