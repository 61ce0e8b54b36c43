import type { Sweep } from "@retort/api";
import { CopyButton } from "../../../ui/copy.tsx";
import { Panel } from "../../../ui/panel.tsx";
import { ScrollRegion } from "../../../ui/scroll-region.tsx";
import { toYaml } from "../draft/yaml.ts";

/** What was asked for, as the file that asks for the same again. */
export function SweepSettings({ sweep }: { sweep: Sweep }) {
  const text = toYaml(requestOfSweep(sweep));
  return (
    <Panel
      id="settings"
      title="As it was asked for"
      note="npx retort sweep sweep.yaml asks for the same again"
      actions={<CopyButton text={text} label="Copy as YAML" />}
    >
      <ScrollRegion label="The sweep as a file" className="rounded-md border border-line bg-sunken px-4 py-3">
        <pre className="font-mono text-xs leading-5">{text}</pre>
      </ScrollRegion>
    </Panel>
  );
}

/** The request that would launch the sweep again. */
export function requestOfSweep(sweep: Sweep) {
  const { recipe, name, params, search, objectiveSpec, watch, maxConcurrentRuns, priority } = sweep;
  return {
    recipe,
    name,
    ...(Object.keys(params).length === 0 ? {} : { params }),
    search,
    objective: objectiveSpec,
    ...(watch === null ? {} : { watch }),
    maxConcurrentRuns,
    priority,
  } as Parameters<typeof toYaml>[0];
}
