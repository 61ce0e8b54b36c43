/** The database cannot be brought to the schema of this version of Retort. Stands alone: the start script and every test run load it. */
export class MigrationError extends Error {
  override name = "MigrationError";
  readonly code: string;

  constructor(details: { code: string; message: string; fix?: string; cause?: unknown }) {
    super(details.fix === undefined ? details.message : `${details.message}. ${details.fix}`, { cause: details.cause });
    this.code = details.code;
  }
}
