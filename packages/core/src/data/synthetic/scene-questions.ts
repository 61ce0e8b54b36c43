import type { Rng } from "../../base/rng.ts";
import type { Scene, SceneObject } from "./scene.ts";
import type { SceneQuestionType, ScenesParams } from "./scenes.ts";

export interface SceneQuestion {
  type: SceneQuestionType;
  question: string;
  answer: string;
  /** All answers a careless annotator might give, the right one among them. */
  plausible: readonly string[];
}

/** Asks one question of its type about the scene; null when the scene admits none whose answer the question hides. */
type Asker = (rng: Rng, scene: Scene, params: ScenesParams) => Omit<SceneQuestion, "type"> | null;

/** Draws at most params.questionsPerImage different questions, the types in random rotation. */
export function askQuestions(rng: Rng, scene: Scene, params: ScenesParams): SceneQuestion[] {
  const types = rng.shuffle([...params.questions]);
  const questions = new Map<string, SceneQuestion>();
  const maxAttempts = 3 * params.questionsPerImage + types.length;
  for (let attempt = 0; attempt < maxAttempts && questions.size < params.questionsPerImage; attempt++) {
    const type = types[attempt % types.length]!;
    const asked = ASKERS[type](rng, scene, params);
    if (asked !== null && !questions.has(asked.question)) questions.set(asked.question, { type, ...asked });
  }
  return [...questions.values()];
}

const ASKERS: Record<SceneQuestionType, Asker> = {
  color: askColor,
  shape: askShape,
  existence: askExistence,
  count: askCount,
  relation: askRelation,
};

function askColor(rng: Rng, scene: Scene, params: ScenesParams) {
  const object = rng.pick(scene.objects);
  if (scene.objects.length === 1 && rng.uniform() < 0.3) {
    return { question: "what color is the shape?", answer: object.color, plausible: params.colors };
  }
  if (scene.objects.filter((other) => other.shape === object.shape).length > 1) return null;
  const question = rng.pick([`what color is the ${object.shape}?`, `what is the color of the ${object.shape}?`]);
  return { question, answer: object.color, plausible: params.colors };
}

function askShape(rng: Rng, scene: Scene, params: ScenesParams) {
  const object = rng.pick(scene.objects);
  if (scene.objects.length === 1 && rng.uniform() < 0.3) {
    return { question: "what shape is in the image?", answer: object.shape, plausible: params.shapes };
  }
  if (scene.objects.filter((other) => other.color === object.color).length > 1) return null;
  const question = rng.pick([`what is the ${object.color} shape?`, `what shape is ${object.color}?`]);
  return { question, answer: object.shape, plausible: params.shapes };
}

/** The coin is thrown only where both answers are possible; so each question is answered yes as often as no. */
function askExistence(rng: Rng, scene: Scene, params: ScenesParams) {
  const naming = rng.pick(["color", "shape", "both"] as const);
  const nameOf = ({ color, shape }: Pick<SceneObject, "color" | "shape">) =>
    naming === "color" ? `${color} shape` : naming === "shape" ? shape : `${color} ${shape}`;
  const present = new Set(scene.objects.map(nameOf));
  const all = params.colors.flatMap((color) => params.shapes.map((shape) => nameOf({ color, shape })));
  const absent = [...new Set(all)].filter((name) => !present.has(name));
  if (absent.length === 0) return null;
  const yes = rng.uniform() < 0.5;
  const name = rng.pick(yes ? [...present] : absent);
  const question = rng.pick([`is there ${article(name)} ${name}?`, `does the image contain ${article(name)} ${name}?`]);
  return { question, answer: yes ? "yes" : "no", plausible: ["yes", "no"] };
}

function askCount(_rng: Rng, scene: Scene, params: ScenesParams) {
  const focus = scene.countFocus;
  if (focus === null) return null;
  const counted = scene.objects.filter((object) => focus.kind === "all" || object[focus.kind] === focus.value).length;
  const name = focus.kind === "all" ? "shapes" : focus.kind === "color" ? `${focus.value} shapes` : plural(focus.value);
  const least = focus.kind === "all" ? params.minObjects : 0;
  const plausible = Array.from({ length: params.maxObjects - least + 1 }, (_, index) => String(least + index));
  return { question: `how many ${name} are there?`, answer: String(counted), plausible };
}

/** Pairs whose centres differ by at least an eighth of the picture; the coin decides which of the two is asked about first. */
function askRelation(rng: Rng, scene: Scene, params: ScenesParams) {
  const axis = rng.pick(["x", "y"] as const);
  const words = axis === "x" ? "left of" : "above";
  const before = (a: SceneObject, b: SceneObject) => b[axis] - a[axis] >= scene.sizePx / 8;
  const nameOf = ({ color, shape }: SceneObject) => `${color} ${shape}`;
  const unique = scene.objects.filter(
    (object) => scene.objects.filter((other) => nameOf(other) === nameOf(object)).length === 1,
  );
  const pairs = unique.flatMap((a) => unique.filter((b) => before(a, b)).map((b) => ({ a, b })));
  if (pairs.length === 0) return null;
  const { a, b } = rng.pick(pairs);
  if (rng.uniform() < 0.5) {
    const yes = rng.uniform() < 0.5;
    const [first, second] = yes ? [a, b] : [b, a];
    const question = `is the ${nameOf(first)} ${words} the ${nameOf(second)}?`;
    return { question, answer: yes ? "yes" : "no", plausible: ["yes", "no"] };
  }
  // "What is left of b?" has one answer only when nothing else comes near the border of being left of it.
  const rivals = scene.objects.filter((object) => object !== a && object !== b && object[axis] < b[axis]);
  if (rivals.length > 0) return null;
  return rng.uniform() < 0.5
    ? { question: `what shape is ${words} the ${nameOf(b)}?`, answer: a.shape, plausible: params.shapes }
    : { question: `what color is the shape ${words} the ${nameOf(b)}?`, answer: a.color, plausible: params.colors };
}

/** Names every object and the ninth of the picture that it stands in, row by row: "red circle top left, ..." */
export function captionOf({ objects, sizePx }: Scene): string {
  const third = (at: number) => Math.min(2, Math.floor((3 * at) / sizePx));
  const placed = objects.map(({ color, shape, x, y }) => ({
    name: `${color} ${shape}`,
    row: third(y),
    column: third(x),
  }));
  placed.sort((a, b) => a.row - b.row || a.column - b.column || (a.name < b.name ? -1 : 1));
  return placed
    .map(
      ({ name, row, column }) => `${name} ${["top", "middle", "bottom"][row]} ${["left", "center", "right"][column]}`,
    )
    .join(", ");
}

function plural(shape: string): string {
  return shape.endsWith("s") ? `${shape}es` : `${shape}s`;
}

function article(name: string): "a" | "an" {
  return /^[aeiou]/.test(name) ? "an" : "a";
}
