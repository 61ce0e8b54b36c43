/** What `error.data.retort` of a refused call holds: the parts of a RetortError. */
export interface ErrorView {
  /** Stable, machine-readable: UNKNOWN_RECIPE. */
  code: string;
  message: string;
  expected?: string | undefined;
  got?: string | undefined;
  where?: string | undefined;
  fix?: string | undefined;
}
