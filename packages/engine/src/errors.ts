/** What every error of the project tells its reader: what was expected, what came instead, where, and what to do. */
export interface ErrorDetails {
  /** Stable, machine-readable: SHOUTING_SNAKE_CASE. */
  code: string;
  message: string;
  expected?: string;
  got?: string;
  /** The node, file, parameter or row concerned. */
  where?: string;
  /** What the reader can do about it. */
  fix?: string;
  cause?: unknown;
}

/** Base of all errors that a user can cause or repair. Anything else that is thrown is a defect of ours. */
export class RetortError extends Error {
  override name = "RetortError";
  readonly code: string;
  readonly expected: string | undefined;
  readonly got: string | undefined;
  readonly where: string | undefined;
  readonly fix: string | undefined;

  constructor(details: ErrorDetails) {
    super(sentence(details), details.cause === undefined ? undefined : { cause: details.cause });
    this.code = details.code;
    this.expected = details.expected;
    this.got = details.got;
    this.where = details.where;
    this.fix = details.fix;
  }
}

/** Shapes or dtypes that do not fit together, found while a graph is built or bound. */
export class ShapeError extends RetortError {
  override name = "ShapeError";
}

/** A model that cannot be read, differentiated or run: unknown operator, missing gradient, truncated file. */
export class ModelError extends RetortError {
  override name = "ModelError";
}

/** An execution provider or device that is asked for and not there. */
export class DeviceError extends RetortError {
  override name = "DeviceError";
}

/** A number that stopped being one: NaN or infinity in a loss or a gradient. */
export class DivergedError extends RetortError {
  override name = "DivergedError";
}

function sentence({ message, expected, got, where, fix }: ErrorDetails): string {
  const parts = [message];
  if (expected !== undefined) parts.push(`expected ${expected}`);
  if (got !== undefined) parts.push(`got ${got}`);
  if (where !== undefined) parts.push(`at ${where}`);
  const text = parts.join("; ");
  return fix === undefined ? text : `${text}. ${fix}`;
}
