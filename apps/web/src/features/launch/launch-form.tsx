"use client";

import type { Recipe } from "@retort/api";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { GitFork, Play } from "lucide-react";
import { useRouter } from "next/navigation";
import { type FormEvent, useDeferredValue, useMemo, useState } from "react";
import { useTRPC } from "../../trpc/client.tsx";
import { Button } from "../../ui/button.tsx";
import { Command } from "../../ui/copy.tsx";
import { Sheet } from "../../ui/panel.tsx";
import { Problem, problemOf } from "../../ui/problem.tsx";
import { ForkSource } from "./fork-source.tsx";
import { launchCommand } from "./form/command.ts";
import type { FieldOf } from "./form/field.ts";
import { fieldId } from "./form/field-frame.tsx";
import { filled } from "./form/filled.ts";
import { FormProvider } from "./form/form-context.tsx";
import { GroupFields, GroupIndex } from "./form/group-inputs.tsx";
import { fieldFromSchema } from "./form/json-schema.ts";
import { readSeeds } from "./form/seeds.ts";
import { changesFrom, complaints, valueAt, withValueAt } from "./form/value.ts";
import { LaunchPlan } from "./launch-plan.tsx";
import { ReplicateInputs } from "./replicate-inputs.tsx";
import { makesAnomalies, SynthesisPreview } from "./synthesis-preview.tsx";
import { useDebounced } from "./use-debounced.ts";

/** The form of a recipe, made from its schema, with what a launch would do beside it. */
export function LaunchForm({
  recipe,
  initialParams,
  initialSeeds = "0",
  fork,
}: {
  recipe: Recipe;
  /** Of an earlier run perhaps, which knew fewer parameters: what it lacks has its default. */
  initialParams?: unknown;
  initialSeeds?: string;
  /** Goes on from a checkpoint of this stage instead of beginning anew; seed and project are the run's. */
  fork?: { runId: string; stage: string };
}) {
  const trpc = useTRPC();
  const router = useRouter();
  const queries = useQueryClient();
  const field = useMemo(() => fieldFromSchema(recipe.schema) as FieldOf<"object">, [recipe.schema]);
  const [params, setParams] = useState<unknown>(() => filled(field, recipe.defaults, initialParams));
  const [seedsText, setSeedsText] = useState(initialSeeds);
  const [name, setName] = useState("");
  const [projectSlug, setProjectSlug] = useState<string>();
  const [forkStep, setForkStep] = useState<number | null>(null);
  const projects = useQuery(trpc.projects.list.queryOptions());
  const project = projectSlug ?? projects.data?.[0]?.slug;

  const seeds = readSeeds(seedsText);
  const found = useMemo(() => complaints(field, params), [field, params]);
  const request = useDebounced(
    useMemo(() => ({ params, seedsText }), [params, seedsText]),
    350,
  );
  const requestSeeds = readSeeds(request.seedsText).seeds;
  const requestIsSound = requestSeeds !== null && complaints(field, request.params).length === 0;
  const preview = useQuery(
    trpc.runs.preview.queryOptions(
      {
        ...{ recipe: recipe.name, params: request.params as Record<string, unknown>, seeds: requestSeeds ?? [0] },
        // A fork stays in the project of its run.
        ...(project === undefined || fork !== undefined ? {} : { project }),
      },
      { enabled: requestIsSound, placeholderData: (previous) => previous, staleTime: 0 },
    ),
  );
  const launch = useMutation(
    trpc.runs.launch.mutationOptions({
      onSuccess: ({ runIds }) => {
        void queries.invalidateQueries();
        router.push(runIds.length === 1 ? `/runs/${runIds[0]}` : "/runs");
      },
    }),
  );

  const goOn = useMutation(
    trpc.runs.fork.mutationOptions({
      onSuccess: ({ runId }) => {
        void queries.invalidateQueries();
        router.push(`/runs/${runId}`);
      },
    }),
  );
  const pending = launch.isPending || launch.isSuccess || goOn.isPending || goOn.isSuccess;

  const refusal = launch.error ?? goOn.error ?? (requestIsSound ? preview.error : null);
  const errors = useMemo(() => fieldErrors(field, params, found, refusal), [field, params, found, refusal]);
  const refusalHasField = refusal !== null && errors.has(refusedPath(refusal) ?? "");
  const firstError = errors.keys().next().value;
  const form = useMemo(
    () => ({
      defaults: recipe.defaults,
      errors,
      set: (path: readonly (string | number)[], value: unknown) => {
        setParams((before: unknown) => withValueAt(before, path, value));
        launch.reset();
        goOn.reset();
      },
    }),
    [recipe.defaults, errors, launch.reset, goOn.reset],
  );
  const numChanges = changesFrom(recipe.defaults, params).length;
  const commandParams = useDeferredValue(params);

  function onSubmit(event: FormEvent) {
    event.preventDefault();
    if (found.length > 0 || seeds.seeds === null) {
      focusField(found[0]?.path);
      return;
    }
    if (fork !== undefined) {
      goOn.mutate({
        ...fork,
        ...(forkStep === null ? {} : { step: forkStep }),
        params: params as Record<string, unknown>,
        ...(name.trim() === "" ? {} : { name: name.trim() }),
      });
      return;
    }
    launch.mutate({
      recipe: recipe.name,
      params: params as Record<string, unknown>,
      seeds: seeds.seeds,
      ...(project === undefined ? {} : { project }),
      ...(name.trim() === "" ? {} : { name: name.trim() }),
    });
  }

  return (
    <form
      onSubmit={onSubmit}
      noValidate
      className="grid grid-cols-1 items-start gap-8 lg:grid-cols-[minmax(0,1fr)_24rem]"
    >
      <section aria-labelledby="parameters-heading" className="min-w-0">
        <div className="mb-3 flex min-h-8 items-center gap-3">
          <h2 id="parameters-heading" className="text-lg font-semibold tracking-tight">
            Parameters
          </h2>
          <span className="text-sm text-ink-3 numeric">
            {numChanges === 0 ? "all at their defaults" : `${numChanges} changed`}
          </span>
          {numChanges > 0 && (
            <Button size="sm" look="quiet" className="ml-auto" onClick={() => setParams(recipe.defaults)}>
              Reset all
            </Button>
          )}
        </div>
        <GroupIndex field={field} />
        <Sheet className="px-4 py-5 sm:px-6">
          <FormProvider value={form}>
            <GroupFields field={field} path={[]} value={params} />
          </FormProvider>
        </Sheet>
        {makesAnomalies(field) && <SynthesisPreview recipe={recipe.name} params={params} sound={found.length === 0} />}
      </section>

      <aside aria-label="Launch" className="flex min-w-0 flex-col gap-6 lg:sticky lg:top-20">
        {fork !== undefined && <ForkSource {...fork} step={forkStep} onStep={setForkStep} />}
        <ReplicateInputs
          seedsText={seedsText}
          onSeedsText={setSeedsText}
          problem={seeds.problem}
          name={name}
          onName={setName}
          namePlaceholder={recipe.name}
          projects={projects.data ?? []}
          project={project}
          onProject={setProjectSlug}
          onlyName={fork !== undefined}
        />
        {fork === undefined && (
          <LaunchPlan
            preview={requestIsSound ? (preview.data ?? null) : null}
            stale={preview.isPlaceholderData}
            blockedBy={errors.size}
          />
        )}
        {refusal !== null && !refusalHasField && <Problem error={refusal} />}
        <div className="flex flex-col gap-2">
          <Button look="primary" type="submit" className="w-full" disabled={pending}>
            {fork === undefined ? <Play /> : <GitFork />}{" "}
            {pending ? "Launching" : fork === undefined ? launchLabel(seeds.seeds?.length ?? 0) : "Fork the run"}
          </Button>
          {errors.size > 0 && firstError !== undefined && (
            <p role="status" className="text-sm text-danger">
              {errors.size === 1 ? "One value needs" : `${errors.size} values need`} a change.{" "}
              <button type="button" className="underline underline-offset-2" onClick={() => focusField(firstError)}>
                Go to {firstError}
              </button>
            </p>
          )}
        </div>
        <div hidden={fork !== undefined}>
          <p className="label mb-1">The same from a terminal</p>
          <Command
            text={launchCommand({
              recipe: recipe.name,
              params: commandParams,
              defaults: recipe.defaults,
              seeds: seeds.seeds ?? [],
              name: name.trim(),
            })}
          />
        </div>
      </aside>
    </form>
  );
}

function launchLabel(numRuns: number): string {
  return numRuns <= 1 ? "Launch run" : `Launch ${numRuns} runs`;
}

/** "data.path" of a refusal that names "params.data.path". */
function refusedPath(error: unknown): string | null {
  return problemOf(error).where?.replace(/^(input\.)?params\./, "") ?? null;
}

/** Complaints by path: those of the form itself and the one the server names, when the form has such a field. */
function fieldErrors(
  field: FieldOf<"object">,
  params: unknown,
  found: readonly { path: string; message: string }[],
  refusal: unknown,
): Map<string, string> {
  const errors = new Map(found.map(({ path, message }) => [path, message]));
  const path = refusal === null ? null : refusedPath(refusal);
  if (path === null) return errors;
  const keys = path.split(".");
  if (keys[0] !== undefined && keys[0] in field.fields && valueAt(params, keys) !== undefined) {
    const { expected, got, message } = problemOf(refusal);
    errors.set(
      path,
      expected === undefined ? message : `Expected ${expected}${got === undefined ? "" : `, got ${got}`}.`,
    );
  }
  return errors;
}

function focusField(path: string | undefined): void {
  if (path === undefined) return;
  const element =
    document.getElementById(fieldId(path.split("."))) ??
    document.querySelector<HTMLElement>(`[data-field="${CSS.escape(path)}"]`);
  element?.scrollIntoView({ block: "center" });
  element?.focus({ preventScroll: true });
}
