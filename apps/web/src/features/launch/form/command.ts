import { type Change, changesFrom } from "./value.ts";

/** `retort launch` for the same request: only what differs from the defaults, quoted for a POSIX shell. */
export function launchCommand(request: {
  recipe: string;
  params: unknown;
  defaults: unknown;
  seeds: readonly number[];
  name?: string;
}): string {
  const sets = changesFrom(request.defaults, request.params).map(
    (change) => `--set ${shellQuoted(assignment(change))}`,
  );
  const seeds = seedOption(request.seeds);
  const name = request.name ? [`--name ${shellQuoted(request.name)}`] : [];
  return ["npx retort launch", shellQuoted(request.recipe), ...sets, ...seeds, ...name].join(" ");
}

function seedOption(seeds: readonly number[]): string[] {
  if (seeds.length > 1) return [`--seeds ${seeds.join(",")}`];
  return seeds[0] === undefined || seeds[0] === 0 ? [] : [`--seed ${seeds[0]}`];
}

function assignment({ path, value }: Change): string {
  return `${path}=${typeof value === "string" ? value : JSON.stringify(value)}`;
}

function shellQuoted(text: string): string {
  return /^[\w./:=@%+,-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}
