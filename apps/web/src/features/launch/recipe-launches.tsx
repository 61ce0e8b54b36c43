"use client";

import type { Recipe } from "@retort/api";
import { RecipeList } from "../recipes/recipe-list.tsx";

/** Every recipe with the stages it runs. */
export function RecipeLaunches() {
  return (
    <RecipeList
      hrefOf={({ name }) => `/launch/${name}`}
      command={{ label: "The same from a terminal", text: "npx retort launch quickstart --watch" }}
    >
      {(recipe) => <Stages recipe={recipe} />}
    </RecipeList>
  );
}

function Stages({ recipe: { stages, headline } }: { recipe: Recipe }) {
  return (
    <div className="px-5 pb-4 text-xs">
      <ol aria-label="Stages" className="flex flex-wrap items-center gap-x-1.5 gap-y-1 text-ink-2">
        {stages.map(({ name }, index) => (
          <li key={name} className="flex items-center gap-1.5">
            {index > 0 && <span aria-hidden className="h-px w-3 bg-line-strong" />}
            <span className="rounded-sm bg-sunken px-1.5 py-0.5 font-mono">{name}</span>
          </li>
        ))}
      </ol>
      <p className="mt-2 text-ink-3">Ranked by {headline.label}</p>
    </div>
  );
}
