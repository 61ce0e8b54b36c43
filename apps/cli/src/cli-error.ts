/** Exit codes, the same for every command; the last two as shells count signals (128 + SIGINT, 128 + SIGPIPE). */
export const exitCodes = { failed: 1, usage: 2, interrupted: 130, unread: 141 } as const;

/** Something the caller of the command can repair. */
export class CliError extends Error {
  override name = "CliError";
  readonly fix: string | undefined;
  readonly exitCode: number;

  constructor(message: string, options: { fix?: string; exitCode?: number } = {}) {
    super(message);
    this.fix = options.fix;
    this.exitCode = options.exitCode ?? exitCodes.failed;
  }
}

/** A command that was written wrongly; exit code 2. */
export function usageError(message: string, fix?: string): CliError {
  return new CliError(message, { fix, exitCode: exitCodes.usage });
}
