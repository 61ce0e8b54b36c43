/** Text as PostgreSQL can hold it: no NUL character, no half of a surrogate pair. */
export function storableText(text: string): string {
  return text.replaceAll("\u0000", "\ufffd").replace(/\p{Surrogate}/gu, "\ufffd");
}

/** JSON as a jsonb column can hold it. */
export function jsonb(value: unknown): string {
  return JSON.stringify(value, (_key, inner: unknown) => (typeof inner === "string" ? storableText(inner) : inner));
}

/** JSON has no NaN and no infinity: PostgreSQL writes them as text. */
export function numbers(values: Record<string, number | string>): Record<string, number> {
  return Object.fromEntries(Object.entries(values).map(([key, value]) => [key, Number(value)]));
}
