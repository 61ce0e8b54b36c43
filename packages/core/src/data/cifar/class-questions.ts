import type { Rng } from "../../base/rng.ts";

/** What one knows of a thing once one has recognised it. */
interface Thing {
  kind: "animal" | "vehicle";
  place: string;
  legs: "0" | "2" | "4";
}

/** The classes of CIFAR-10. The facts are ours: short words, none told by the class's name. */
export const cifarClasses = {
  airplane: { kind: "vehicle", place: "air", legs: "0" },
  automobile: { kind: "vehicle", place: "road", legs: "0" },
  bird: { kind: "animal", place: "air", legs: "2" },
  cat: { kind: "animal", place: "house", legs: "4" },
  deer: { kind: "animal", place: "forest", legs: "4" },
  dog: { kind: "animal", place: "house", legs: "4" },
  frog: { kind: "animal", place: "water", legs: "4" },
  horse: { kind: "animal", place: "meadow", legs: "4" },
  ship: { kind: "vehicle", place: "water", legs: "0" },
  truck: { kind: "vehicle", place: "road", legs: "0" },
} as const satisfies Record<string, Thing>;

export type CifarClass = keyof typeof cifarClasses;
export const cifarClassNames = Object.keys(cifarClasses) as CifarClass[];

export function isCifarClass(name: string): name is CifarClass {
  return Object.hasOwn(cifarClasses, name);
}

export const captionOf = (name: CifarClass): string => `a photo of ${withArticle(name)}`;

/** Six questions about one photograph. Yes and no, and the two sides of an "or", are equally frequent for each class. */
export function classQuestions(rng: Rng, name: CifarClass): { question: string; answer: string }[] {
  const { kind, place, legs } = cifarClasses[name];
  const others = cifarClassNames.filter((other) => other !== name);
  const isIt = rng.uniform() < 0.5;
  const asked = isIt ? name : rng.pick(others);
  const pair = rng.shuffle([name, rng.pick(others)]);
  return [
    { question: "what is in the photo?", answer: name },
    { question: "is it an animal or a vehicle?", answer: kind },
    { question: `is this ${withArticle(asked)}?`, answer: isIt ? "yes" : "no" },
    { question: `is it ${pair.map(withArticle).join(" or ")}?`, answer: name },
    { question: "where would you find it?", answer: place },
    { question: "how many legs does it have?", answer: legs },
  ];
}

function withArticle(name: string): string {
  return `${/^[aeiou]/.test(name) ? "an" : "a"} ${name}`;
}
