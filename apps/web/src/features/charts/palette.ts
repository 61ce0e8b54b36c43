/** Series colours that stay apart for colour-blind readers in both themes; they live in globals.css. */
export const seriesVariables = [
  "--series-1",
  "--series-2",
  "--series-3",
  "--series-4",
  "--series-5",
  "--series-6",
] as const;

export function seriesVariable(index: number): string {
  return seriesVariables[index % seriesVariables.length]!;
}

/** Dashes tell series apart without colour too. */
const seriesDashes: readonly number[][] = [[], [6, 4], [2, 3], [8, 3, 2, 3], [12, 4], [1, 4]];

/** The dash of a series: from the seventh on the colours come again, with another dash each. */
export function seriesDash(index: number): readonly number[] {
  return seriesDashes[(index + Math.floor(index / seriesVariables.length)) % seriesDashes.length]!;
}
