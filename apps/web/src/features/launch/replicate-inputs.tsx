"use client";

import type { Project } from "@retort/api";
import { cx } from "../../ui/class-names.ts";
import { Sheet } from "../../ui/panel.tsx";
import { inputLook, selectLook } from "./form/field-frame.tsx";

const presets = [
  { text: "0", label: "1 seed" },
  { text: "0-2", label: "3 seeds" },
  { text: "0-4", label: "5 seeds" },
];

/** Seeds, name and project of a launch. */
export function ReplicateInputs(props: {
  seedsText: string;
  onSeedsText(text: string): void;
  problem: string | null;
  name: string;
  onName(name: string): void;
  namePlaceholder: string;
  projects: readonly Project[];
  project: string | undefined;
  onProject(slug: string): void;
  /** What several seeds are for here. */
  note?: string;
  /** The seed is given: only the name is asked for. */
  onlyName?: boolean;
}) {
  const { seedsText, problem, projects } = props;
  return (
    <Sheet className="flex flex-col gap-4 px-4 py-4">
      <div hidden={props.onlyName}>
        <div className="mb-1 flex min-h-6 items-center justify-between gap-2">
          <label htmlFor="seeds" className="text-sm font-medium">
            Seeds
          </label>
          <span className="flex gap-1">
            {presets.map(({ text, label }) => (
              <button
                key={text}
                type="button"
                aria-pressed={seedsText === text}
                onClick={() => props.onSeedsText(text)}
                className={cx(
                  "rounded-sm px-1.5 py-0.5 text-xs",
                  seedsText === text ? "bg-ink text-paper" : "text-ink-2 hover:bg-sunken",
                )}
              >
                {label}
              </button>
            ))}
          </span>
        </div>
        <input
          id="seeds"
          value={seedsText}
          autoComplete="off"
          onChange={(event) => props.onSeedsText(event.target.value)}
          aria-invalid={problem !== null}
          aria-describedby="seeds-note"
          className={cx(inputLook, "h-9 numeric")}
        />
        <p
          id="seeds-note"
          role={problem === null ? undefined : "alert"}
          className={cx("mt-1 text-xs", problem === null ? "text-ink-3" : "text-sm text-danger")}
        >
          {problem ?? props.note ?? "One run each, grouped on the leaderboard as mean ± std. For example 0-4 or 1, 7."}
        </p>
      </div>
      <div className={cx("grid gap-4", projects.length > 1 && !props.onlyName && "grid-cols-2")}>
        <div>
          <label htmlFor="run-name" className="mb-1 block text-sm font-medium">
            Name <span className="font-normal text-ink-3">(optional)</span>
          </label>
          <input
            id="run-name"
            value={props.name}
            maxLength={200}
            autoComplete="off"
            placeholder={props.namePlaceholder}
            onChange={(event) => props.onName(event.target.value)}
            className={cx(inputLook, "h-9")}
          />
        </div>
        {projects.length > 1 && !props.onlyName && (
          <div>
            <label htmlFor="project" className="mb-1 block text-sm font-medium">
              Project
            </label>
            <select
              id="project"
              value={props.project}
              onChange={(event) => props.onProject(event.target.value)}
              className={cx(selectLook, "h-9")}
            >
              {projects.map(({ slug, name }) => (
                <option key={slug} value={slug}>
                  {name}
                </option>
              ))}
            </select>
          </div>
        )}
      </div>
    </Sheet>
  );
}
