/** A field of a CSV row, quoted where it must be (RFC 4180). */
export function csv(text: string): string {
  return /[",\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
