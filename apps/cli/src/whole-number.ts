import { InvalidArgumentError } from "commander";

/** As wholeNumber(), with a sign. @throws InvalidArgumentError */
export function integer(text: string): number {
  if (/^-?\d{1,9}$/.test(text.trim())) return Number(text);
  throw new InvalidArgumentError(`expected an integer, got "${text}".`);
}

/** Parses an option's value for commander. @throws InvalidArgumentError for anything but digits */
export function wholeNumber(text: string): number {
  if (/^\d{1,10}$/.test(text.trim())) return Number(text);
  throw new InvalidArgumentError(`expected a whole number from 0 on, got "${text}".`);
}
