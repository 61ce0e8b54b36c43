"use client";

import type { Project } from "@retort/api";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Plus } from "lucide-react";
import { type FormEvent, type ReactNode, useId, useState } from "react";
import { useTRPC } from "../../trpc/client.tsx";
import { Button } from "../../ui/button.tsx";
import { cx } from "../../ui/class-names.ts";
import { Command } from "../../ui/copy.tsx";
import { Empty } from "../../ui/empty.tsx";
import { Panel, Sheet } from "../../ui/panel.tsx";
import { Problem } from "../../ui/problem.tsx";
import { Skeleton } from "../../ui/skeleton.tsx";
import { inputLook } from "../launch/form/field-frame.tsx";
import { readMaxRunning, readShare } from "./limits.ts";

/** What each project may take of the machines. */
export function Projects() {
  const trpc = useTRPC();
  const projects = useQuery(trpc.projects.list.queryOptions());
  return (
    <Panel id="projects" title="Projects">
      <p className="mb-4 max-w-prose text-sm text-ink-2">
        Of equally urgent stages the project comes first that has the least at work for its share; one at its limit
        waits. Results are shared between projects unless one keeps its own.
      </p>
      {projects.error !== null && projects.data === undefined ? (
        <Problem error={projects.error} onRetry={() => void projects.refetch()} />
      ) : projects.data === undefined ? (
        <Skeleton className="h-28" />
      ) : (
        <>
          {projects.data.length === 0 ? (
            <Empty title="There is no project yet" action={<Command text="npx retort projects create demo" />}>
              Every run belongs to one. Make the first below.
            </Empty>
          ) : (
            <Sheet>
              <ul aria-label="Projects">
                {projects.data.map((project) => (
                  // What is stored fills the fields again once it has changed.
                  <ProjectRow key={`${project.id} ${project.maxRunning} ${project.share}`} project={project} />
                ))}
              </ul>
            </Sheet>
          )}
          <NewProject />
        </>
      )}
    </Panel>
  );
}

function ProjectRow({ project }: { project: Project }) {
  const trpc = useTRPC();
  const queries = useQueryClient();
  const refresh = { onSettled: () => queries.invalidateQueries({ queryKey: trpc.projects.list.queryKey() }) };
  const limit = useMutation(trpc.projects.setLimits.mutationOptions(refresh));
  const isolate = useMutation(trpc.projects.setIsolated.mutationOptions(refresh));
  const [running, setRunning] = useState(project.maxRunning === null ? "" : String(project.maxRunning));
  const [share, setShare] = useState(String(project.share));
  const maxRunning = readMaxRunning(running);
  const weight = readShare(share);
  const isChanged = maxRunning.value !== project.maxRunning || weight.value !== project.share;
  const isRight = maxRunning.problem === null && weight.problem === null;
  function onSubmit(event: FormEvent) {
    event.preventDefault();
    if (maxRunning.problem === null && weight.problem === null && isChanged)
      limit.mutate({ slug: project.slug, maxRunning: maxRunning.value, share: weight.value });
  }
  const error = limit.error ?? isolate.error;
  return (
    <li className="border-b border-line px-4 py-3.5 last:border-0" data-project={project.slug}>
      <form
        onSubmit={onSubmit}
        noValidate
        aria-label={project.name}
        className="grid grid-cols-2 items-start gap-x-6 gap-y-3 lg:grid-cols-[minmax(0,1fr)_11rem_11rem_13rem_5rem]"
      >
        <div className="min-w-0 max-lg:col-span-2 lg:mt-5.5 lg:flex lg:min-h-9 lg:flex-col lg:justify-center">
          <p className="font-medium break-words">{project.name}</p>
          {project.slug !== project.name && <p className="font-mono text-xs break-words text-ink-3">{project.slug}</p>}
        </div>
        <LimitInput
          label="Stages at once"
          value={running}
          placeholder="no limit"
          problem={maxRunning.problem}
          onChange={setRunning}
        />
        <LimitInput label="Share" value={share} problem={weight.problem} onChange={setShare} />
        <label className="flex min-h-9 items-center gap-2 text-sm lg:mt-5.5">
          <input
            type="checkbox"
            checked={project.isIsolated}
            disabled={isolate.isPending}
            onChange={(event) => isolate.mutate({ slug: project.slug, isIsolated: event.target.checked })}
            className="size-4 accent-ink"
          />
          Keeps its results to itself
        </label>
        <div className="flex justify-end lg:mt-5.5">
          <Button type="submit" disabled={!isChanged || !isRight || limit.isPending}>
            {limit.isPending ? "Saving" : "Save"}
          </Button>
        </div>
      </form>
      {error !== null && (
        <div className="mt-3">
          <Problem error={error} />
        </div>
      )}
    </li>
  );
}

function LimitInput(props: {
  label: string;
  value: string;
  placeholder?: string;
  problem: string | null;
  onChange(text: string): void;
}) {
  const id = useId();
  const { label, value, placeholder, problem, onChange } = props;
  return (
    <div className="min-w-0">
      <label htmlFor={id} className="label mb-1 block">
        {label}
      </label>
      <input
        id={id}
        inputMode="decimal"
        autoComplete="off"
        value={value}
        placeholder={placeholder}
        aria-invalid={problem !== null}
        aria-describedby={problem === null ? undefined : `${id}-problem`}
        onChange={(event) => onChange(event.target.value)}
        className={cx(inputLook, "h-9 numeric")}
      />
      {problem !== null && (
        <p id={`${id}-problem`} role="alert" className="mt-1 text-sm text-danger">
          {problem}
        </p>
      )}
    </div>
  );
}

function NewProject() {
  const trpc = useTRPC();
  const queries = useQueryClient();
  const [slug, setSlug] = useState("");
  const make = useMutation(
    trpc.projects.ensure.mutationOptions({
      onSuccess: () => setSlug(""),
      onSettled: () => queries.invalidateQueries({ queryKey: trpc.projects.list.queryKey() }),
    }),
  );
  const isRight = /^[a-z0-9]+(-[a-z0-9]+)*$/.test(slug) && slug.length <= 60;
  const problem: ReactNode =
    slug === "" || isRight ? null : "Lower-case letters, digits and single hyphens, at most 60.";
  function onSubmit(event: FormEvent) {
    event.preventDefault();
    if (isRight) make.mutate({ slug, name: slug });
  }
  return (
    <>
      <form onSubmit={onSubmit} noValidate className="mt-4 flex max-w-xl items-end gap-2">
        <div className="min-w-0 flex-1">
          <label htmlFor="project-slug" className="mb-1 block text-sm font-medium">
            New project
          </label>
          <input
            id="project-slug"
            autoComplete="off"
            value={slug}
            placeholder="by-night"
            aria-invalid={problem !== null}
            aria-describedby="project-slug-note"
            onChange={(event) => setSlug(event.target.value)}
            className={cx(inputLook, "h-9")}
          />
        </div>
        <Button type="submit" disabled={!isRight || make.isPending}>
          <Plus /> Make project
        </Button>
      </form>
      <p
        id="project-slug-note"
        role={problem === null ? undefined : "alert"}
        className={cx("mt-1", problem === null ? "text-xs text-ink-3" : "text-sm text-danger")}
      >
        {problem ?? "Launches then have to say which project they belong to."}
      </p>
      {make.error !== null && (
        <div className="mt-3">
          <Problem error={make.error} />
        </div>
      )}
    </>
  );
}
