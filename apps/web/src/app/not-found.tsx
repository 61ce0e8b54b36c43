import Link from "next/link";
import { Logo } from "../features/shell/logo.tsx";

export default function NotFound() {
  return (
    <main className="mx-auto flex min-h-dvh max-w-lg flex-col justify-center gap-4 px-5">
      <Logo className="size-8 text-copper" />
      <h1 className="text-xl font-semibold tracking-tight">There is no such page</h1>
      <p className="text-ink-2">
        The address may be mistyped, or from another version. Everything starts from the{" "}
        <Link href="/" className="underline underline-offset-2">
          overview
        </Link>
        .
      </p>
    </main>
  );
}
