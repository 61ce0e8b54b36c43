import { FlaskConical } from "lucide-react";
import type { Metadata } from "next";
import Link from "next/link";
import { PageHeader } from "../../../features/shell/page-header.tsx";
import { SweepBrowser } from "../../../features/sweeps/sweep-browser.tsx";
import { Button } from "../../../ui/button.tsx";

export const metadata: Metadata = { title: "Sweeps" };

export default function SweepsPage() {
  return (
    <>
      <PageHeader
        title="Sweeps"
        actions={
          <Button asChild look="primary">
            <Link href="/sweeps/new">
              <FlaskConical /> New sweep
            </Link>
          </Button>
        }
      />
      <SweepBrowser />
    </>
  );
}
