const largestSeed = 2 ** 31 - 1;
const mostSeeds = 1_000;

export type SeedsReading = { seeds: number[]; problem: null } | { seeds: null; problem: string };

/** Reads seeds as people write them: "0", "1, 2, 5", "0-4". Doubles are one. */
export function readSeeds(text: string): SeedsReading {
  const parts = text.split(/[\s,;]+/).filter((part) => part !== "");
  if (parts.length === 0) return refuse("Enter at least one seed.");
  const seeds = new Set<number>();
  for (const part of parts) {
    const [, first, last = first] = /^(\d+)(?:-(\d+))?$/.exec(part) ?? [];
    if (first === undefined) return refuse(`"${part}" is neither a seed nor a range such as 0-4.`);
    const [low, high] = [Number(first), Number(last)];
    if (high < low) return refuse(`The range ${part} runs backwards.`);
    if (high > largestSeed) return refuse(`Seeds go up to ${largestSeed}.`);
    if (seeds.size + (high - low) >= mostSeeds) return refuse(`At most ${mostSeeds} seeds at once.`);
    for (let seed = low; seed <= high; seed += 1) seeds.add(seed);
  }
  return { seeds: [...seeds], problem: null };
}

function refuse(problem: string): SeedsReading {
  return { seeds: null, problem };
}
