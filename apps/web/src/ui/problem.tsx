"use client";

import type { ErrorView } from "@retort/api";
import { TRPCClientError } from "@trpc/client";
import { CircleX, RotateCw } from "lucide-react";
import type { ReactNode } from "react";
import { Button } from "./button.tsx";

/** The parts of whatever went wrong with a call. */
export function problemOf(error: unknown): ErrorView {
  if (error instanceof TRPCClientError) {
    const refused = error.data?.retort as ErrorView | null | undefined;
    if (refused) return refused;
    // Without an answer there is no data: the connection broke.
    if (error.data == null) {
      return {
        code: "SERVER_UNREACHABLE",
        message: "The server does not answer.",
        fix: "Check that `npm start` is still running, then try again.",
      };
    }
    return { code: String(error.data.code), message: error.message };
  }
  return { code: "UNEXPECTED_ERROR", message: error instanceof Error ? error.message : String(error) };
}

/** What went wrong, in parts, and how to recover. */
export function Problem({ error, onRetry, children }: { error: unknown; onRetry?: () => void; children?: ReactNode }) {
  const view = problemOf(error);
  return (
    <div role="alert" className="flex gap-3 rounded-lg border border-danger bg-danger-soft px-4 py-3.5">
      <CircleX aria-hidden className="mt-0.5 size-4 shrink-0 text-danger" />
      <div className="min-w-0 flex-1">
        <ErrorParts view={view} />
        {view.code === "SIGN_IN_REQUIRED" && (
          <p className="mt-2 text-sm">
            <a href="/login" className="underline underline-offset-2">
              How to sign in
            </a>
          </p>
        )}
        {children}
        {onRetry !== undefined && (
          <Button size="sm" className="mt-3" onClick={onRetry}>
            <RotateCw /> Try again
          </Button>
        )}
      </div>
    </div>
  );
}

type Parts = Pick<ErrorView, "code" | "message" | "expected" | "got" | "where" | "fix">;

const rows = [
  ["expected", "Expected"],
  ["got", "Got"],
  ["where", "Where"],
  ["fix", "What to do"],
] as const;

/** Message, expected, got, where and remedy as a list. */
export function ErrorParts({ view }: { view: Parts }) {
  const given = rows.filter(([key]) => view[key] !== undefined && view[key] !== "");
  return (
    <>
      <p className="font-medium break-words">{headSentence(view)}</p>
      {given.length > 0 && (
        <dl className="mt-2 grid grid-cols-1 gap-x-4 gap-y-1 text-sm sm:grid-cols-[6.5rem_1fr]">
          {given.map(([key, label]) => (
            <div key={key} className="contents">
              <dt className="text-ink-2 max-sm:mt-1">{label}</dt>
              <dd
                className={
                  key === "fix" ? "break-words" : "font-mono text-xs leading-5 break-words whitespace-pre-wrap"
                }
              >
                {view[key]}
              </dd>
            </div>
          ))}
        </dl>
      )}
    </>
  );
}

/** Messages repeat their parts for terminals ("...; expected 1; got 2"); here each part has its own line. */
function headSentence({ message, expected, got, where, fix }: Parts): string {
  let head = message;
  if (fix !== undefined) head = head.replace(`. ${fix}`, "");
  if (where !== undefined) head = head.replace(`; at ${where}`, "");
  if (got !== undefined) head = head.replace(`; got ${got}`, "");
  if (expected !== undefined) head = head.replace(`; expected ${expected}`, "");
  return head;
}
