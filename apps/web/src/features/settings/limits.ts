/** What a text field means, or why it means nothing. */
export type Reading<T> = { value: T; problem: null } | { value: undefined; problem: string };

const mostRunning = 100_000;

/** Stages at once; an empty field is no limit. */
export function readMaxRunning(text: string): Reading<number | null> {
  if (text.trim() === "") return { value: null, problem: null };
  const value = Number(text);
  if (Number.isInteger(value) && value >= 1 && value <= mostRunning) return { value, problem: null };
  return { value: undefined, problem: "A whole number from 1, or empty for no limit." };
}

/** Weight against other projects. */
export function readShare(text: string): Reading<number> {
  const value = Number(text);
  if (text.trim() !== "" && value >= 0.01 && value <= 100) return { value, problem: null };
  return { value: undefined, problem: "A number from 0.01 to 100." };
}
