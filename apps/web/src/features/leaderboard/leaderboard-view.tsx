"use client";

import type { MeasuredRecipe } from "@retort/api";
import { useQuery } from "@tanstack/react-query";
import { FlaskConical } from "lucide-react";
import Link from "next/link";
import { usePathname, useRouter } from "next/navigation";
import { Fragment } from "react";
import { useTRPC } from "../../trpc/client.tsx";
import { Button } from "../../ui/button.tsx";
import { Command } from "../../ui/copy.tsx";
import { Empty } from "../../ui/empty.tsx";
import { Panel } from "../../ui/panel.tsx";
import { Problem } from "../../ui/problem.tsx";
import { Skeleton } from "../../ui/skeleton.tsx";
import { useChangedParams } from "../runs/changed-params.tsx";
import { BoardTable } from "./board-table.tsx";
import { MatrixTable } from "./matrix-table.tsx";
import { PublishedTable } from "./published-table.tsx";
import { boards, preferred } from "./standings.ts";

/** The ranking of one recipe's configurations; the recipe is chosen in the address. */
export function LeaderboardView({ recipe: asked }: { recipe: string | null }) {
  const trpc = useTRPC();
  const router = useRouter();
  const path = usePathname();
  const recipes = useQuery(trpc.recipes.list.queryOptions(undefined, { staleTime: 60_000 }));
  // Not asked again while the page stands: the board that somebody reads must not give way to another.
  const measured = useQuery(trpc.leaderboard.recipes.queryOptions({}, { refetchOnWindowFocus: false }));
  const recipe = asked ?? preferred(recipes.data, measured.data);
  const leaderboard = useQuery(
    trpc.leaderboard.rows.queryOptions({ recipe: recipe ?? "" }, { enabled: recipe !== null, refetchInterval: 5_000 }),
  );
  const changesOf = useChangedParams(
    (leaderboard.data?.rows ?? []).map(({ params }) => ({ recipe: recipe ?? "", params })),
  );
  const error = recipes.error ?? measured.error ?? leaderboard.error;
  return (
    <>
      <div className="mb-6 flex flex-wrap items-center gap-3">
        <label className="flex items-center gap-2 text-sm text-ink-2">
          Recipe
          <select
            value={recipe ?? ""}
            onChange={(event) => router.replace(`${path}?recipe=${event.target.value}`)}
            className="select h-9 rounded-md border border-control bg-surface pl-2.5 text-base text-ink"
          >
            {recipes.data?.map(({ name, title }) => (
              <option key={name} value={name}>
                {title}
              </option>
            ))}
          </select>
        </label>
      </div>
      {error !== null ? (
        <Problem error={error} onRetry={() => void Promise.all([measured.refetch(), leaderboard.refetch()])} />
      ) : leaderboard.data === undefined || recipe === null ? (
        <Skeleton className="h-72" />
      ) : (
        <div className="flex flex-col gap-10">
          {leaderboard.data.rows.length === 0 && (
            <NothingMeasured recipe={recipe} others={(measured.data ?? []).filter((each) => each.recipe !== recipe)} />
          )}
          {boards(leaderboard.data.rows).map((board) => (
            <Panel
              key={`${board.dataset}/${board.split}`}
              id={`board-${board.dataset}`}
              title={board.dataset}
              note={`${board.split} split, ${leaderboard.data.headline.higherIsBetter ? "higher" : "lower"} is better`}
            >
              <BoardTable
                board={board}
                unit={leaderboard.data.headline.unit}
                label={leaderboard.data.headline.label}
                recipe={recipe}
                metric={leaderboard.data.metric}
                higherIsBetter={leaderboard.data.headline.higherIsBetter}
                changesOf={changesOf}
              />
            </Panel>
          ))}
          {leaderboard.data.rows.length > 0 && (
            <Panel
              id="matrix"
              title="Everything measured"
              note="full input; pick metrics, press a column to sort by it"
            >
              <MatrixTable key={recipe} recipe={recipe} changesOf={changesOf} />
            </Panel>
          )}
          {leaderboard.data.published.length > 0 && (
            <Panel title="Published elsewhere" note="not measured here">
              <PublishedTable rows={leaderboard.data.published} unit={leaderboard.data.headline.unit} />
            </Panel>
          )}
          {leaderboard.data.rows.length > 0 && (
            <div className="max-w-2xl">
              <p className="label mb-1">The same from a terminal</p>
              <Command text={`npx retort leaderboard ${recipe}`} />
            </div>
          )}
        </div>
      )}
    </>
  );
}

/** How a recipe comes to have rows, and which others have some. */
function NothingMeasured({ recipe, others }: { recipe: string; others: readonly MeasuredRecipe[] }) {
  return (
    <Empty
      title="Nothing measured yet"
      action={
        <Button asChild look="primary">
          <Link href={`/launch/${recipe}`}>
            <FlaskConical /> Launch {recipe}
          </Link>
        </Button>
      }
    >
      A configuration appears here when the evaluation of its first run has finished. Several seeds make one row with
      mean and standard deviation.
      {others.length > 0 && (
        <>
          {" "}
          There are results of{" "}
          {others.map(({ recipe: name, title }, index) => (
            <Fragment key={name}>
              {index > 0 && (index === others.length - 1 ? " and " : ", ")}
              <Link href={`/leaderboard?recipe=${name}`} className="underline underline-offset-2">
                {title}
              </Link>
            </Fragment>
          ))}
          .
        </>
      )}
    </Empty>
  );
}
