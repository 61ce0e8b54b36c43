import Link from "next/link";
import type { ReactNode } from "react";
import { Button } from "../../ui/button.tsx";
import { Empty } from "../../ui/empty.tsx";
import { PageHeader } from "./page-header.tsx";

/** Stands in for a page whose address names something that does not exist. */
export function Missing({ what, href, children }: { what: string; href: string; children: ReactNode }) {
  return (
    <>
      <PageHeader title={`There is no such ${what}`} />
      <Empty
        title="The address may be cut off, or from another installation"
        action={
          <Button asChild>
            <Link href={href}>{children}</Link>
          </Button>
        }
      />
    </>
  );
}
