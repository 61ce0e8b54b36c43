import { canonicalJson } from "../../base/canonical-json.ts";
import { DataError } from "../../base/errors.ts";
import { sha256Hex } from "../../base/hash.ts";
import { Rng } from "../../base/rng.ts";
import { requireRecords } from "../bad-records.ts";
import { answerTypeOf, type DatasetLoader, mostFrequentAnswer, type VqaRecord, type VqaSplit } from "../dataset.ts";
import { annotate } from "./annotators.ts";
import { drawScene, type Scene } from "./scene.ts";
import { askQuestions, captionOf } from "./scene-questions.ts";
import { renderScene } from "./scene-raster.ts";
import type { ScenesParams } from "./scenes.ts";

/** Raised when the same parameters would give other pictures, questions or answers. */
const GENERATOR_VERSION = 1;
/** Images between two looks at the abort signal. */
const ABORT_INTERVAL = 256;

/** Generates the records at once and renders each picture when it is asked for. */
export const scenesLoader: DatasetLoader<ScenesParams> = {
  async fingerprint(params) {
    return fingerprintOf(params);
  },

  async load(params, signal) {
    const rng = Rng.fromSeed(params.dataSeed).stream("scenes");
    return {
      adapter: "scenes",
      fingerprint: fingerprintOf(params),
      train: makeSplit("train", params.numTrainImages, { params, rng, signal }),
      test: makeSplit("test", params.numTestImages, { params, rng, signal }),
      skipped: [],
    };
  },
};

function fingerprintOf(params: ScenesParams): string {
  return sha256Hex(`scenes ${GENERATOR_VERSION}\n${canonicalJson(params)}`);
}

interface Context {
  params: ScenesParams;
  rng: Rng;
  signal: AbortSignal;
}

function makeSplit(name: "train" | "test", numImages: number, { params, rng, signal }: Context): VqaSplit {
  const scenes = new Map<string, Scene>();
  const records: VqaRecord[] = [];
  for (let index = 0; index < numImages; index++) {
    if (index % ABORT_INTERVAL === 0) signal.throwIfAborted();
    // One stream per image: image i is the same however many images there are.
    const imageRng = rng.stream(`${name}/${index}`);
    const imageId = String(index);
    const scene = drawScene(imageRng, params);
    const asked = askQuestions(imageRng, scene, params);
    if (asked.length > 0) scenes.set(imageId, scene);
    asked.forEach(({ question, answer: truth, plausible }, number) => {
      const answers = annotate(imageRng, truth, plausible, params.annotatorNoise);
      const answer = mostFrequentAnswer(answers);
      const questionId = `${imageId}-${number}`;
      records.push({ questionId, imageId, question, answers, answer, answerType: answerTypeOf(answer) });
    });
  }
  requireRecords(records.length, `the generated ${name} split`, 0);
  const sceneOf = (imageId: string): Scene => {
    const scene = scenes.get(imageId);
    if (scene !== undefined) return scene;
    throw new DataError({
      code: "DATA_UNKNOWN_IMAGE",
      message: "There is no such generated image",
      expected: `one of ${scenes.size} image ids`,
      got: imageId,
      where: `the ${name} split of the generated scenes`,
    });
  };
  return {
    name,
    records,
    imageIds: [...scenes.keys()],
    image(imageId) {
      const scene = sceneOf(imageId);
      const label = `image ${imageId} of the ${name} split`;
      return { kind: "rgb", width: scene.sizePx, height: scene.sizePx, data: renderScene(scene), label };
    },
    caption: (imageId) => captionOf(sceneOf(imageId)),
  };
}
