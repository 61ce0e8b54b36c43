"use client";

import type { ApiKey } from "@retort/api";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { KeyRound } from "lucide-react";
import { type FormEvent, useState } from "react";
import { useTRPC } from "../../trpc/client.tsx";
import { Button } from "../../ui/button.tsx";
import { cx } from "../../ui/class-names.ts";
import { Confirm } from "../../ui/confirm.tsx";
import { CopyButton } from "../../ui/copy.tsx";
import { Empty } from "../../ui/empty.tsx";
import { Panel, Sheet } from "../../ui/panel.tsx";
import { Problem } from "../../ui/problem.tsx";
import { Skeleton } from "../../ui/skeleton.tsx";
import { Ago } from "../../ui/time.tsx";
import { inputLook } from "../launch/form/field-frame.tsx";

/** Keys of scripts, command lines and workers: made, told once, taken back. */
export function ApiKeys() {
  const trpc = useTRPC();
  const keys = useQuery(trpc.apiKeys.list.queryOptions());
  return (
    <Panel id="api-keys" title="API keys">
      <p className="mb-4 max-w-prose text-sm text-ink-2">
        Whoever has a key may do everything here, from anywhere that reaches this server: scripts, the command line of
        another machine, workers that fetch artifacts. Give each its own, so that one can be revoked alone.
      </p>
      <NewKey />
      {keys.error !== null && keys.data === undefined ? (
        <Problem error={keys.error} onRetry={() => void keys.refetch()} />
      ) : keys.data === undefined ? (
        <Skeleton className="h-28" />
      ) : keys.data.length === 0 ? (
        <Empty title="There is no key">
          Only browsers that are signed in reach this server. Make a key for a script.
        </Empty>
      ) : (
        <Sheet>
          <ul aria-label="API keys">
            {keys.data.map((key) => (
              <KeyRow key={key.id} apiKey={key} />
            ))}
          </ul>
        </Sheet>
      )}
    </Panel>
  );
}

function NewKey() {
  const trpc = useTRPC();
  const queries = useQueryClient();
  const [name, setName] = useState("");
  const create = useMutation(
    trpc.apiKeys.create.mutationOptions({
      onSuccess: () => setName(""),
      onSettled: () => queries.invalidateQueries({ queryKey: trpc.apiKeys.list.queryKey() }),
    }),
  );
  function onSubmit(event: FormEvent) {
    event.preventDefault();
    if (name.trim() !== "") create.mutate({ name });
  }
  return (
    <>
      <form onSubmit={onSubmit} className="mb-4 flex max-w-xl items-end gap-2">
        <div className="min-w-0 flex-1">
          <label htmlFor="key-name" className="mb-1 block text-sm font-medium">
            Name of a new key
          </label>
          <input
            id="key-name"
            autoComplete="off"
            maxLength={100}
            value={name}
            placeholder="What it is for"
            onChange={(event) => setName(event.target.value)}
            className={cx(inputLook, "h-9")}
          />
        </div>
        <Button type="submit" look="primary" disabled={name.trim() === "" || create.isPending}>
          <KeyRound /> Make key
        </Button>
      </form>
      {create.error !== null && (
        <div className="mb-4">
          <Problem error={create.error} />
        </div>
      )}
      {create.data !== undefined && (
        <NewSecret name={create.variables.name} secret={create.data.key} onDone={create.reset} />
      )}
    </>
  );
}

/** The only time that the secret is seen. */
function NewSecret({ name, secret, onDone }: { name: string; secret: string; onDone(): void }) {
  return (
    <section
      aria-label="The new key"
      className="mb-4 flex flex-col gap-3 rounded-lg border border-success bg-success-soft px-4 py-3.5"
    >
      <p>
        <span className="font-medium">The key “{name.trim()}” is made.</span> Copy it now: it is shown this once and
        cannot be read again.
      </p>
      <div className="flex items-center gap-1 rounded-md border border-line bg-surface py-0.5 pr-0.5 pl-3">
        <code className="min-w-0 flex-1 font-mono text-xs break-all" data-testid="new-key">
          {secret}
        </code>
        <CopyButton text={secret} label="Copy key" />
      </div>
      <p className="text-sm text-ink-2">
        The command line takes it from <code className="font-mono text-xs">RETORT_API_KEY</code>, with{" "}
        <code className="font-mono text-xs break-all">RETORT_URL={window.location.origin}</code>; other programs send{" "}
        <code className="font-mono text-xs">Authorization: Bearer &lt;key&gt;</code>.
      </p>
      <Button size="sm" className="self-start" onClick={onDone}>
        I have copied it
      </Button>
    </section>
  );
}

function KeyRow({ apiKey }: { apiKey: ApiKey }) {
  const trpc = useTRPC();
  const queries = useQueryClient();
  const revoke = useMutation(
    trpc.apiKeys.revoke.mutationOptions({
      onSettled: () => queries.invalidateQueries({ queryKey: trpc.apiKeys.list.queryKey() }),
    }),
  );
  const { id, name, createdAt, lastUsedAt } = apiKey;
  return (
    <li className="border-b border-line px-4 py-3 last:border-0" data-key={id}>
      <div className="flex flex-wrap items-center gap-x-6 gap-y-1.5">
        <p className="min-w-0 flex-1 basis-56 font-medium break-words">{name}</p>
        <p className="text-sm text-ink-2">
          made <Ago at={createdAt} />,{" "}
          {lastUsedAt === null ? (
            "never used"
          ) : (
            <>
              last used <Ago at={lastUsedAt} />
            </>
          )}
        </p>
        <Confirm
          trigger={
            <Button
              size="sm"
              look="danger"
              className="ml-auto"
              disabled={revoke.isPending}
              aria-label={`Revoke ${name}`}
            >
              Revoke
            </Button>
          }
          title={`Revoke “${name}”?`}
          stay="Keep it"
          go="Revoke key"
          onGo={() => revoke.mutate({ id })}
        >
          Whatever uses it is refused from this moment, and the key cannot be brought back.{" "}
          {lastUsedAt !== null && (
            <>
              It was last used <Ago at={lastUsedAt} />.{" "}
            </>
          )}
          The command line of the server&rsquo;s own machine gets a new key at the next start.
        </Confirm>
      </div>
      {revoke.error !== null && (
        <div className="mt-3">
          <Problem error={revoke.error} />
        </div>
      )}
    </li>
  );
}
