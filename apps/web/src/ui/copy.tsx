"use client";

import { Check, Copy } from "lucide-react";
import { Fragment, useEffect, useState } from "react";
import { Button } from "./button.tsx";

/** Copies text, and says that it did. */
export function CopyButton({ text, label }: { text: string; label: string }) {
  const [copied, setCopied] = useState(false);
  useEffect(() => {
    if (!copied) return;
    const timer = setTimeout(() => setCopied(false), 1_600);
    return () => clearTimeout(timer);
  }, [copied]);
  return (
    <Button
      look="quiet"
      size="icon"
      aria-label={copied ? "Copied" : label}
      title={label}
      onClick={() => void navigator.clipboard.writeText(text).then(() => setCopied(true))}
    >
      {copied ? <Check className="text-success" /> : <Copy />}
    </Button>
  );
}

/** The same thing said on the command line. */
export function Command({ text, label = "Copy command" }: { text: string; label?: string }) {
  return (
    <div className="flex items-start gap-1 rounded-md border border-line bg-sunken py-0.5 pr-0.5 pl-3">
      <code className="min-w-0 flex-1 py-1.5 font-mono text-xs break-words whitespace-pre-wrap text-ink-2">
        <span aria-hidden className="text-ink-3 select-none">
          ${" "}
        </span>
        {/* Broken between options, never within one. */}
        {text.split(/ (?=--)/).map((part, index) => (
          <Fragment key={part}>
            {index > 0 && " "}
            <span className="inline-block max-w-full">{part}</span>
          </Fragment>
        ))}
      </code>
      <CopyButton text={text} label={label} />
    </div>
  );
}
