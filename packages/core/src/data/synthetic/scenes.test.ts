import { createHash } from "node:crypto";
import { describe, expect, it } from "vitest";
import { blindCeilings } from "../ceilings.ts";
import { mostFrequentAnswer, type VqaData, type VqaRecord } from "../dataset.ts";
import { type ScenesParams, scenesParams } from "./scenes.ts";
import { scenesLoader } from "./scenes-loader.ts";

const signal = new AbortController().signal;
const load = (params: Partial<ScenesParams>) => scenesLoader.load(scenesParams.parse(params), signal);

function pixelHash(data: VqaData, numImages: number): string {
  const hash = createHash("sha256");
  for (const id of data.train.imageIds.slice(0, numImages)) {
    const image = data.train.image(id);
    if (image.kind !== "rgb") throw new Error("scenes are pixels");
    hash.update(image.data);
  }
  return hash.digest("hex");
}

describe("scenes", () => {
  it("gives the same records and pixels for the same seed, others for another", async () => {
    const first = await load({ numTrainImages: 30, numTestImages: 5 });
    const again = await load({ numTrainImages: 30, numTestImages: 5 });
    const other = await load({ numTrainImages: 30, numTestImages: 5, dataSeed: 2 });
    expect(again.train.records).toEqual(first.train.records);
    expect(pixelHash(again, 30)).toBe(pixelHash(first, 30));
    expect(other.train.records).not.toEqual(first.train.records);
    expect(other.fingerprint).not.toBe(first.fingerprint);
  });

  it("draws the same bits everywhere: the pixels of seed 1 are pinned", async () => {
    expect(pixelHash(await load({ numTrainImages: 40, numTestImages: 1, background: "mixed" }), 40)).toBe(
      "03f9a589a07785c7fa71d265855b5f7b69ceb6dfb891a006d569a2f7a2326465",
    );
  });

  it("keeps image i whatever the number of images", async () => {
    const few = await load({ numTrainImages: 5, numTestImages: 1 });
    const many = await load({ numTrainImages: 9, numTestImages: 3 });
    expect(pixelHash(many, 5)).toBe(pixelHash(few, 5));
    expect(many.train.records.slice(0, few.train.records.length)).toEqual(few.train.records);
  });

  it("shares no picture between the splits", async () => {
    const data = await load({ numTrainImages: 200, numTestImages: 200 });
    const hashes = [data.train, data.test].flatMap((split) =>
      split.imageIds.map((id) => {
        const image = split.image(id);
        return image.kind === "rgb" ? createHash("sha256").update(image.data).digest("hex") : id;
      }),
    );
    expect(new Set(hashes).size).toBe(400);
  });

  it("has ten answers a question whose most frequent one is the truth even with heavy noise", async () => {
    const clean = await load({ numTrainImages: 300, numTestImages: 1, annotatorNoise: 0 });
    const noisy = await load({ numTrainImages: 300, numTestImages: 1, annotatorNoise: 0.5 });
    for (const { answers, answer } of noisy.train.records) {
      expect(answers).toHaveLength(10);
      expect(answer).toBe(mostFrequentAnswer(answers));
      expect(answers.filter((given) => given === answer).length).toBeGreaterThanOrEqual(6);
    }
    const truth = new Map(
      clean.train.records.map(({ imageId, question, answer }) => [`${imageId} ${question}`, answer]),
    );
    const shared = noisy.train.records.filter(({ imageId, question }) => truth.has(`${imageId} ${question}`));
    expect(shared.length).toBeGreaterThan(300);
    for (const { imageId, question, answer } of shared) expect(answer).toBe(truth.get(`${imageId} ${question}`));
    const dissent = noisy.train.records.flatMap(({ answers, answer }) => answers.filter((given) => given !== answer));
    expect(dissent.length / (10 * noisy.train.records.length)).toBeGreaterThan(0.3);
  });

  it("does not let the question tell the answer", async () => {
    const easy = blindCeilings(await load({ numTrainImages: 6000, numTestImages: 6000 }));
    // A third yes/no at one half, a third colours at one eighth, a third shapes at one third, and a little luck in the test split.
    expect(easy.questionOnlyFromTrain).toBeLessThan(0.42);
    expect(easy.questionOnly).toBeLessThan(0.45);
    expect(easy.majority).toBeLessThan(0.3);
  });

  it("balances yes and no, counts and relations for each question text", async () => {
    const data = await load({
      numTrainImages: 6000,
      numTestImages: 1,
      minObjects: 2,
      maxObjects: 4,
      questions: ["existence", "count", "relation"],
    });
    const byText = new Map<string, VqaRecord[]>();
    for (const record of data.train.records) {
      byText.set(record.question, [...(byText.get(record.question) ?? []), record]);
    }
    const share = (records: readonly VqaRecord[], answer: string) =>
      records.filter((record) => record.answer === answer).length / records.length;
    for (const [question, records] of byText) {
      if (records.length < 150) continue;
      const spread = 4 * Math.sqrt(0.25 / records.length);
      if (records[0]?.answerType === "yes/no")
        expect(Math.abs(share(records, "yes") - 0.5), question).toBeLessThan(spread);
      if (/^how many (circles|squares|triangles|red shapes)/.test(question)) {
        for (const count of ["0", "1", "2", "3", "4"]) {
          expect(Math.abs(share(records, count) - 0.2), `${question} ${count}`).toBeLessThan(spread);
        }
      }
    }
    const relations = data.train.records.filter(({ question }) => /^is the .* (left of|above) /.test(question));
    expect(relations.length).toBeGreaterThan(500);
    expect(Math.abs(share(relations, "yes") - 0.5)).toBeLessThan(4 * Math.sqrt(0.25 / relations.length));
  });

  it("answers what is drawn: the named colour is where the object is", async () => {
    const data = await load({
      numTrainImages: 60,
      numTestImages: 1,
      minObjects: 1,
      maxObjects: 1,
      questions: ["color"],
    });
    const near: Record<string, (r: number, g: number, b: number) => boolean> = {
      red: (r, g, b) => r > 150 && g < 80 && b < 80,
      green: (r, g, b) => g > r + 60 && g > b + 40,
      blue: (r, g, b) => b > r + 100 && b > g + 80,
    };
    let checked = 0;
    for (const { imageId, answer } of data.train.records) {
      const isColor = near[answer];
      const image = data.train.image(imageId);
      if (!isColor || image.kind !== "rgb") continue;
      checked++;
      let matching = 0;
      for (let at = 0; at < image.data.length; at += 3) {
        if (isColor(image.data[at]!, image.data[at + 1]!, image.data[at + 2]!)) matching++;
      }
      expect(matching, `image ${imageId} is ${answer}`).toBeGreaterThan(40);
    }
    expect(checked).toBeGreaterThan(10);
  });

  it("refuses parameters that contradict each other", () => {
    const issues = (params: object) => scenesParams.safeParse(params).error?.issues.map(({ path }) => path[0]);
    expect(issues({ minObjects: 3, maxObjects: 2 })).toEqual(["minObjects"]);
    expect(issues({ questions: ["relation"], maxObjects: 1 })).toEqual(["maxObjects"]);
    expect(issues({ colors: ["red", "red"] })).toEqual(["colors"]);
    expect(issues({ colour: ["red"] })).toEqual([undefined]);
  });

  it("stops when it is aborted", async () => {
    const controller = new AbortController();
    controller.abort(new Error("enough"));
    await expect(scenesLoader.load(scenesParams.parse({}), controller.signal)).rejects.toThrow("enough");
  });

  it("names an image that does not exist", async () => {
    const data = await load({ numTrainImages: 2, numTestImages: 2 });
    expect(() => data.test.image("77")).toThrow(/DATA|no such generated image.*77/);
  });
});
