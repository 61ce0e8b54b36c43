import { SpecError } from "@retort/core";
import { ConflictError, NotFoundError } from "@retort/db";
import { RetortError } from "@retort/engine";
import { StoreError } from "@retort/store";
import { TRPCError } from "@trpc/server";
import { getHTTPStatusCodeFromError } from "@trpc/server/http";
import { z } from "zod";
import type { ErrorView } from "./contract/error.ts";
import { describeIssues } from "./issues.ts";

/** Nobody, or somebody who may not: no session, no key, a call from another origin. */
export class AccessError extends RetortError {
  override name = "AccessError";
}

type Status = ConstructorParameters<typeof TRPCError>[0]["code"];

/** The one place where our errors get the status of a call. */
function statusOf(error: RetortError): Status {
  if (error instanceof AccessError) return error.code === "SIGN_IN_REQUIRED" ? "UNAUTHORIZED" : "FORBIDDEN";
  if (error instanceof NotFoundError || isMissing(error)) return "NOT_FOUND";
  if (error instanceof ConflictError) return "CONFLICT";
  if (error instanceof SpecError) return "BAD_REQUEST";
  return "UNPROCESSABLE_CONTENT";
}

function isMissing(error: RetortError): boolean {
  return error instanceof StoreError && error.code === "MISSING";
}

/** Wraps an error of ours for tRPC, message kept; anything else stays as it is (a defect: INTERNAL_SERVER_ERROR). */
export function toTRPCError(error: RetortError): TRPCError {
  return new TRPCError({ code: statusOf(error), message: error.message, cause: error });
}

export function httpStatus(error: RetortError): number {
  return getHTTPStatusCodeFromError(toTRPCError(error));
}

/** The parts of an error for `error.data.retort`; null for a defect, which has nothing to tell but its message. */
export function errorView(error: unknown): ErrorView | null {
  if (error instanceof RetortError) {
    const { code, message, expected, got, where, fix } = error;
    return { code, message, expected, got, where, fix };
  }
  if (error instanceof z.ZodError) return { code: "BAD_INPUT", ...describeIssues(error) };
  return null;
}
