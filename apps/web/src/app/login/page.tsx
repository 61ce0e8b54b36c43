import type { Metadata } from "next";
import { Logo } from "../../features/shell/logo.tsx";
import { Command } from "../../ui/copy.tsx";

export const metadata: Metadata = { title: "Sign in" };

export default function LoginPage() {
  return (
    <main className="mx-auto flex min-h-dvh max-w-lg flex-col justify-center gap-6 px-5 py-12">
      <div className="flex items-center gap-2.5">
        <Logo className="size-8 text-copper" />
        <span className="text-xl font-semibold tracking-tight">Retort</span>
      </div>
      <div>
        <h1 className="text-xl font-semibold tracking-tight">Open the link from the terminal</h1>
        <p className="mt-2 text-ink-2">
          This server signs a browser in by a link that works once. <code className="font-mono text-sm">npm start</code>{" "}
          prints it when the server is up.
        </p>
      </div>
      <div>
        <p className="label mb-1.5">Link lost or used up? Get a new one in the folder where Retort runs</p>
        <Command text="npx retort link" />
      </div>
      <p className="text-sm text-ink-3">
        Scripts need no link: they use the API key that lies in the installation&rsquo;s state folder.
      </p>
    </main>
  );
}
