"use client";

import type { Recipe } from "@retort/api";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useRouter } from "next/navigation";
import { type FormEvent, useDeferredValue, useMemo, useState } from "react";
import { useTRPC } from "../../../trpc/client.tsx";
import { Button } from "../../../ui/button.tsx";
import { Panel, Sheet } from "../../../ui/panel.tsx";
import { Problem } from "../../../ui/problem.tsx";
import { dotted, type Field, type FieldOf, type FieldPath } from "../../launch/form/field.ts";
import { FormProvider } from "../../launch/form/form-context.tsx";
import { GroupFields, GroupIndex } from "../../launch/form/group-inputs.tsx";
import { readSeeds } from "../../launch/form/seeds.ts";
import { complaints, withValueAt } from "../../launch/form/value.ts";
import { ReplicateInputs } from "../../launch/replicate-inputs.tsx";
import { makesAnomalies, SynthesisPreview } from "../../launch/synthesis-preview.tsx";
import { useDebounced } from "../../launch/use-debounced.ts";
import { canVary, dimensionComplaint, firstDimension } from "../draft/dimension.ts";
import { type DraftContext, draftOf, requestOf, type SweepDraft, withNeeded } from "../draft/draft.ts";
import { fieldAt } from "../draft/field-at.ts";
import { type DimensionJson, dimensionAt, dimensionsOf, withDimension } from "../draft/space-edit.ts";
import { AblationList } from "./ablation-list.tsx";
import { ConstraintInputs } from "./constraint-inputs.tsx";
import { DimensionInput } from "./dimension-input.tsx";
import { PresetChoice } from "./preset-choice.tsx";
import { SweepPlan } from "./sweep-plan.tsx";
import { VariedList } from "./varied-list.tsx";
import { VaryButton } from "./vary-button.tsx";
import { YamlTools } from "./yaml-tools.tsx";

/** The form of a sweep: the recipe's own form with a button on every parameter that lets it vary, and what that amounts to. */
export function SweepForm({
  recipe,
  context,
  initial,
  initialPreset,
}: {
  recipe: Recipe;
  context: DraftContext;
  initial: SweepDraft;
  /** Name of the ready-made sweep that `initial` is. */
  initialPreset: string | null;
}) {
  const trpc = useTRPC();
  const router = useRouter();
  const queries = useQueryClient();
  const [draft, setDraft] = useState(initial);
  const [preset, setPreset] = useState(initialPreset);
  const change = (part: Partial<SweepDraft>) => setDraft((before) => ({ ...before, ...part }));
  const projects = useQuery(trpc.projects.list.queryOptions());
  const project = draft.project ?? projects.data?.[0]?.slug;

  const field = context.field as FieldOf<"object">;
  const seeds = readSeeds(draft.seedsText);
  const dimensionErrors = useDimensionErrors(draft, field);
  const paramErrors = useMemo(() => {
    const varied = new Set(dimensionsOf(draft.space).map(({ path }) => path));
    const found = complaints(field, draft.params).filter(({ path }) => !varied.has(path));
    return new Map(found.map(({ path, message }) => [path, message]));
  }, [field, draft.params, draft.space]);
  const settingErrors = useMemo(
    () => new Map(complaints(context.settingsField, draft.settings).map(({ path, message }) => [path, message])),
    [context.settingsField, draft.settings],
  );
  const numErrors = dimensionErrors.size + paramErrors.size + settingErrors.size + (seeds.seeds === null ? 1 : 0);

  const isOnlyProject = projects.data !== undefined && projects.data.length <= 1;
  const isEmpty =
    dimensionsOf(draft.space).length === 0 &&
    Object.keys(draft.ablations).length === 0 &&
    (seeds.seeds?.length ?? 0) <= 1;
  const request = useMemo(
    () => requestOf({ ...draft, project: isOnlyProject ? undefined : project }, context),
    [draft, project, isOnlyProject, context],
  );
  const asked = useDebounced(
    useMemo(() => ({ request, sound: numErrors === 0 && !isEmpty }), [request, numErrors, isEmpty]),
    400,
  );
  const preview = useQuery(
    trpc.sweeps.preview.queryOptions(asked.request, {
      enabled: asked.sound,
      placeholderData: (previous) => previous,
      staleTime: 0,
      retry: false,
    }),
  );
  const launch = useMutation(
    trpc.sweeps.launch.mutationOptions({
      onSuccess: ({ sweepId }) => {
        void queries.invalidateQueries();
        router.push(`/sweeps/${sweepId}`);
      },
    }),
  );
  const replace = (next: SweepDraft) => {
    setDraft(next);
    launch.reset();
  };
  const refusal = launch.error ?? (asked.sound ? preview.error : null);

  const forms = useForms({ draft, setDraft, context, dimensionErrors, paramErrors, settingErrors });
  const shownRequest = useDeferredValue(request);

  function onSubmit(event: FormEvent) {
    event.preventDefault();
    if (numErrors === 0) launch.mutate(request);
    else document.querySelector<HTMLElement>('[role="alert"]')?.scrollIntoView({ block: "center" });
  }

  return (
    <form
      onSubmit={onSubmit}
      noValidate
      className="grid grid-cols-1 items-start gap-8 lg:grid-cols-[minmax(0,1fr)_24rem]"
    >
      <div className="flex min-w-0 flex-col gap-8">
        <PresetChoice
          presets={recipe.sweeps}
          chosen={preset}
          onChoose={({ name, request: given }) => {
            setPreset(name);
            replace(draftOf(given, context));
          }}
        />
        <AblationList ablations={draft.ablations} onChange={(ablations) => change({ ablations })} />
        <Panel id="parameters" title="Parameters" note="press vary on what shall differ">
          <GroupIndex field={field} />
          <Sheet className="px-4 py-5 sm:px-6">
            <FormProvider value={forms.params}>
              <GroupFields field={field} path={[]} value={draft.params} />
            </FormProvider>
          </Sheet>
          {makesAnomalies(field) && (
            <SynthesisPreview recipe={recipe.name} params={draft.params} sound={paramErrors.size === 0} />
          )}
        </Panel>
        <Panel id="search" title="Search">
          <Sheet className="flex flex-col gap-6 px-4 py-5 sm:px-6">
            <FormProvider value={forms.settings}>
              <GroupFields field={context.settingsField as FieldOf<"object">} path={[]} value={draft.settings} />
            </FormProvider>
            <ConstraintInputs constraints={draft.constraints} onChange={(constraints) => change({ constraints })} />
          </Sheet>
        </Panel>
      </div>

      <aside aria-label="Launch" className="flex min-w-0 flex-col gap-6 lg:sticky lg:top-20">
        <VariedList
          space={draft.space}
          ablations={draft.ablations}
          onRemove={(path) => change({ space: withDimension(draft.space, path.split("."), undefined) })}
        />
        <ReplicateInputs
          seedsText={draft.seedsText}
          onSeedsText={(seedsText) => change({ seedsText })}
          problem={seeds.problem}
          name={draft.name}
          onName={(name) => change({ name })}
          namePlaceholder={recipe.name}
          projects={projects.data ?? []}
          project={project}
          onProject={(slug) => change({ project: slug })}
          note="Every point is run once with each seed and judged by their mean."
        />
        <SweepPlan
          preview={asked.sound && preview.error === null ? (preview.data ?? null) : null}
          stale={preview.isPlaceholderData}
          numErrors={numErrors}
          isEmpty={isEmpty}
          refused={refusal !== null}
        />
        {refusal !== null && <Problem error={refusal} />}
        <Button
          look="primary"
          type="submit"
          className="w-full"
          disabled={launch.isPending || launch.isSuccess || isEmpty || numErrors > 0}
        >
          {launch.isPending || launch.isSuccess ? "Launching" : launchLabel(preview.data?.numRuns, refusal !== null)}
        </Button>
        <YamlTools
          request={shownRequest}
          context={context}
          onDraft={(next) => {
            setPreset(null);
            replace(next);
          }}
        />
      </aside>
    </form>
  );
}

function launchLabel(numRuns: number | undefined, refused: boolean): string {
  return numRuns === undefined || refused ? "Launch sweep" : `Launch sweep of ${numRuns} runs`;
}

function useDimensionErrors(draft: SweepDraft, field: FieldOf<"object">): Map<string, string> {
  return useMemo(() => {
    const found = dimensionsOf(draft.space).flatMap(({ path, dimension }) => {
      const own = fieldAt(field, path, draft.params);
      const problem = own === null ? null : dimensionComplaint(own, dimension);
      return problem === null ? [] : [[path, problem] as const];
    });
    return new Map(found);
  }, [draft.space, draft.params, field]);
}

interface FormParts {
  draft: SweepDraft;
  setDraft(update: (before: SweepDraft) => SweepDraft): void;
  context: DraftContext;
  dimensionErrors: ReadonlyMap<string, string>;
  paramErrors: ReadonlyMap<string, string>;
  settingErrors: ReadonlyMap<string, string>;
}

/** What the fields of both parts of the form ask of it. */
function useForms({ draft, setDraft, context, dimensionErrors, paramErrors, settingErrors }: FormParts) {
  const { space } = draft;
  const params = useMemo(() => {
    const setDimension = (path: FieldPath, dimension: DimensionJson | undefined) =>
      setDraft((before) => ({ ...before, space: withDimension(before.space, path, dimension) }));
    return {
      defaults: context.defaults,
      errors: paramErrors,
      set: (path: FieldPath, value: unknown) =>
        setDraft((before) => ({ ...before, params: withValueAt(before.params, path, value) })),
      vary: {
        button(field: Field, path: FieldPath, value: unknown) {
          const on = dimensionAt(space, path) !== undefined;
          if (!on && !canVary(field)) return null;
          return (
            <VaryButton
              label={field.label}
              on={on}
              onToggle={() => setDimension(path, on ? undefined : firstDimension(field, value))}
            />
          );
        },
        isVaried: (group: FieldPath) => dimensionsOf(space).some(({ path }) => path.startsWith(`${dotted(group)}.`)),
        editor(field: Field, path: FieldPath) {
          const dimension = dimensionAt(space, path);
          if (dimension === undefined) return null;
          return (
            <DimensionInput
              field={field}
              path={path}
              dimension={dimension}
              problem={dimensionErrors.get(dotted(path)) ?? null}
              onChange={(next) => setDimension(path, next)}
            />
          );
        },
      },
    };
  }, [context.defaults, paramErrors, dimensionErrors, space, setDraft]);
  const settings = useMemo(
    () => ({
      defaults: context.settingsDefaults,
      errors: settingErrors,
      set: (path: FieldPath, value: unknown) =>
        setDraft((before) => ({
          ...before,
          settings: withNeeded(withValueAt(before.settings, path, value) as SweepDraft["settings"], context),
        })),
    }),
    [context, settingErrors, setDraft],
  );
  return { params, settings };
}
