"use client";

import { RotateCw } from "lucide-react";
import { Logo } from "../features/shell/logo.tsx";
import { Button } from "../ui/button.tsx";

/** Stands in for everything when not even the frame around the pages can be drawn: the database does not answer, mostly. */
export default function ServerError() {
  return (
    <main className="mx-auto flex min-h-dvh max-w-lg flex-col items-start justify-center gap-4 px-5">
      <Logo className="size-8 text-copper" />
      <h1 className="text-xl font-semibold tracking-tight">The server could not answer</h1>
      <p className="text-ink-2">
        Most often its database has stopped. <code className="font-mono text-sm">npm start</code> checks it and says
        what is wrong; <code className="font-mono text-sm">logs/web.log</code> in the installation&rsquo;s state folder
        has the details. Nothing is lost: runs go on when the database is back.
      </p>
      <Button look="primary" onClick={() => window.location.reload()}>
        <RotateCw /> Try again
      </Button>
    </main>
  );
}
