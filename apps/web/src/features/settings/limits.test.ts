import { expect, it } from "vitest";
import { readMaxRunning, readShare } from "./limits.ts";

it.each([
  ["", null],
  [" 3 ", 3],
  ["0", undefined],
  ["2.5", undefined],
  ["many", undefined],
])("reads a limit of %j as %j", (text, value) => expect(readMaxRunning(text).value).toBe(value));

it.each([
  ["0.5", 0.5],
  ["", undefined],
  ["0", undefined],
  ["101", undefined],
])("reads a share of %j as %j", (text, value) => expect(readShare(text).value).toBe(value));
