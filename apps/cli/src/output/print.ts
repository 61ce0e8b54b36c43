/** One line to stdout: what the command was asked for. Hints and progress go to stderr. */
export function print(text: string): void {
  process.stdout.write(`${text}\n`);
}

export function printJson(value: unknown): void {
  print(JSON.stringify(value, null, 2));
}

export function hint(text: string): void {
  process.stderr.write(`${text}\n`);
}
