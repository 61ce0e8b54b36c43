"use client";

import type { SweepRequest } from "@retort/api";
import { FileInput } from "lucide-react";
import { useState } from "react";
import { Button } from "../../../ui/button.tsx";
import { cx } from "../../../ui/class-names.ts";
import { CopyButton } from "../../../ui/copy.tsx";
import { Modal } from "../../../ui/modal.tsx";
import { ScrollRegion } from "../../../ui/scroll-region.tsx";
import { inputLook } from "../../launch/form/field-frame.tsx";
import { type DraftContext, draftOf, type SweepDraft } from "../draft/draft.ts";
import { readYaml, toYaml } from "../draft/yaml.ts";

/** The sweep as the file that the command line takes, both ways. */
export function YamlTools(props: { request: SweepRequest; context: DraftContext; onDraft(draft: SweepDraft): void }) {
  const text = toYaml(props.request);
  return (
    <div>
      <div className="mb-1 flex items-center gap-2">
        <p className="label">As a file for retort sweep</p>
        <span className="ml-auto flex items-center">
          <PasteDialog {...props} />
          <CopyButton text={text} label="Copy as YAML" />
        </span>
      </div>
      <ScrollRegion
        label="The sweep as a file"
        className="max-h-80 overflow-y-auto rounded-md border border-line bg-sunken px-3 py-2.5"
      >
        <pre data-testid="sweep-yaml" className="font-mono text-xs leading-5 text-ink-2">
          {text}
        </pre>
      </ScrollRegion>
    </div>
  );
}

function PasteDialog({ context, onDraft }: { context: DraftContext; onDraft(draft: SweepDraft): void }) {
  const [open, setOpen] = useState(false);
  const [text, setText] = useState("");
  const [problem, setProblem] = useState<string | null>(null);
  const take = () => {
    const reading = readYaml(text);
    if (reading.request === null) return setProblem(reading.problem);
    if (reading.request.recipe !== context.recipe) {
      return setProblem(
        `The file is for the recipe "${String(reading.request.recipe)}"; this form is for "${context.recipe}".`,
      );
    }
    onDraft(draftOf(reading.request, context));
    setOpen(false);
  };
  return (
    <Modal
      open={open}
      onOpenChange={(next) => {
        setOpen(next);
        setProblem(null);
      }}
      trigger={
        <Button size="sm" look="quiet">
          <FileInput /> Paste YAML
        </Button>
      }
      title="Paste a sweep"
      description={
        <>
          YAML or JSON as <code className="font-mono text-xs">retort sweep</code> takes it. It replaces what the form
          holds.
        </>
      }
    >
      <textarea
        aria-label="Sweep as YAML"
        aria-invalid={problem !== null}
        value={text}
        onChange={(event) => {
          setText(event.target.value);
          setProblem(null);
        }}
        spellCheck={false}
        rows={16}
        className={cx(inputLook, "min-h-0 flex-1 py-2 font-mono text-xs leading-5")}
      />
      {problem !== null && (
        <p role="alert" className="mt-2 text-sm text-danger">
          {problem}
        </p>
      )}
      <Button look="primary" className="mt-4 self-end" onClick={take} disabled={text.trim() === ""}>
        Fill the form
      </Button>
    </Modal>
  );
}
