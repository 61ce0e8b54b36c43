"use client";

import { Problem } from "../../ui/problem.tsx";

/** Stands in for a page whose drawing failed: a defect of ours, told as it is. */
export default function PageError({ error, reset }: { error: Error; reset: () => void }) {
  return (
    <Problem error={error} onRetry={reset}>
      <p className="mt-2 text-sm text-ink-2">
        This page could not be drawn. Your runs go on all the same; the server&rsquo;s log has the details.
      </p>
    </Problem>
  );
}
