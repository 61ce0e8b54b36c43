"use client";

import type { Recipe } from "@retort/api";
import Link from "next/link";
import { RecipeList } from "../recipes/recipe-list.tsx";

/** Every recipe with the sweeps that come with it. */
export function SweepRecipes() {
  return (
    <RecipeList
      hrefOf={({ name }) => `/sweeps/new/${name}`}
      command={{ label: "From a file, without a form", text: "npx retort sweep sweep.yaml --watch" }}
    >
      {(recipe) => <Presets recipe={recipe} />}
    </RecipeList>
  );
}

function Presets({ recipe: { name, title, sweeps } }: { recipe: Recipe }) {
  if (sweeps.length === 0) return null;
  return (
    <ul aria-label={`Sweeps of ${title}`} className="border-t border-line">
      {sweeps.map((sweep) => (
        <li key={sweep.name} className="border-b border-line last:border-0">
          <Link
            href={`/sweeps/new/${name}?preset=${sweep.name}`}
            className="block px-5 py-2.5 text-sm -outline-offset-2 hover:bg-sunken/60"
          >
            <span className="font-medium">{sweep.title}</span>
            <span className="block text-xs text-ink-3">{sweep.summary}</span>
          </Link>
        </li>
      ))}
    </ul>
  );
}
