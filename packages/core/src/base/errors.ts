import { RetortError } from "@retort/engine";

/** A specification that cannot be run: unknown recipe, parameter out of range, input that does not exist. */
export class SpecError extends RetortError {
  override name = "SpecError";
}

/** Data that cannot be used: missing or corrupt image, question without answer, empty set. */
export class DataError extends RetortError {
  override name = "DataError";
}
