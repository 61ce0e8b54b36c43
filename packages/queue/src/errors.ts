import { RetortError } from "@retort/engine";

/** A job that the catalog does not allow: code UNKNOWN_JOB or BAD_PAYLOAD. */
export class JobError extends RetortError {
  override name = "JobError";
}
