/**
 * Which of a category's pictures are shown where not all are: as many of every class as of the others while it has some, the first
 * classes one more where it does not come out even, and those of a class spread over its order. Ascending places in `classes`.
 */
export function shownPlaces(classes: readonly string[], count: number): number[] {
  if (count >= classes.length) return [...classes.keys()];
  const places = new Map<string, number[]>();
  for (const [at, name] of classes.entries()) places.set(name, [...(places.get(name) ?? []), at]);
  const taken = new Map([...places.keys()].map((name) => [name, 0]));
  let left = count;
  while (left > 0) {
    for (const [name, own] of places) {
      if (left === 0 || taken.get(name)! === own.length) continue;
      taken.set(name, taken.get(name)! + 1);
      left--;
    }
  }
  return [...places]
    .flatMap(([name, own]) => {
      const numTaken = taken.get(name)!;
      return Array.from({ length: numTaken }, (_, at) => own[Math.floor((at * own.length) / numTaken)]!);
    })
    .sort((a, b) => a - b);
}
