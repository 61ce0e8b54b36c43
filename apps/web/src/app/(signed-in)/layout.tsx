import { headers } from "next/headers";
import { redirect } from "next/navigation";
import type { ReactNode } from "react";
import { Shell } from "../../features/shell/shell.tsx";
import { server } from "../../server/api.ts";
import { ApiProvider } from "../../trpc/client.tsx";

export default async function SignedInLayout({ children }: { children: ReactNode }) {
  // Headers first: they tell Next.js that these pages belong to a request, so that a build does not open a database.
  const request = await headers();
  // Only where to send the visitor: every procedure and file checks by itself who asks.
  if ((await server().api.authenticate(request)) === null) redirect("/login");
  return (
    <ApiProvider>
      <Shell>{children}</Shell>
    </ApiProvider>
  );
}
