import { RetortError } from "@retort/engine";

/** A specification that cannot be run: unknown recipe, parameter out of range, input that does not exist. */
export class SpecError extends RetortError {
  override name = "SpecError";
}

/** Data that cannot be used: missing or corrupt image, question without answer, empty set. */
export class DataError extends RetortError {
  override name = "DataError";
}

/** Why a stage's signal was aborted. */
export class StoppedError extends Error {
  override name = "AbortError";
  /** Another attempt goes on from what is saved now; false when nobody wants the stage any more, or it is somebody else's. */
  readonly mayResume: boolean;

  constructor(reason: string, { mayResume }: { mayResume: boolean }) {
    super(`The attempt is stopped: ${reason}`);
    this.mayResume = mayResume;
  }
}
