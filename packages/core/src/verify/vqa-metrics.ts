import { z } from "zod";
import {
  anls,
  circular,
  gqa,
  mme,
  normalizeVqaAnswer,
  parseMmeAnswer,
  parsePopeAnswer,
  parseScienceQaAnswer,
  pope,
  scienceqa,
  vqaAccuracy,
  vqaAccuracySet,
} from "../metrics/index.ts";
import { defineVerifiers } from "./define.ts";

const text = z.string();
const texts = z.array(text);
const vqaQuestions = z.array(z.object({ prediction: text, answers: texts, question_type: text, answer_type: text }));
const mmeRecords = z.array(z.object({ task: text, image: text, label: text, answer: text }));
const circularRecords = z.array(z.object({ question: text, rotation: z.number(), answer: text, prediction: text }));
const scienceQaItems = z.array(z.object({ text, choices: z.number(), answer: z.number(), has_image: z.boolean() }));

/** The question-answering protocols: metric.vqa_*, pope*, mme*, circular, gqa, anls, scienceqa*. */
export const vqaMetricVerifiers = defineVerifiers({
  "metric.vqa_normalize": (inputs) => {
    const given = inputs.json("text", z.union([text, texts]));
    return { text: { json: typeof given === "string" ? normalizeVqaAnswer(given) : given.map(normalizeVqaAnswer) } };
  },
  "metric.vqa_accuracy": (inputs) => ({
    value: vqaAccuracy(inputs.json("prediction", text), inputs.json("answers", texts)),
  }),
  "metric.vqa_accuracy_set": (inputs) => {
    const questions = inputs.json("questions", vqaQuestions).map(({ question_type, answer_type, ...question }) => ({
      ...question,
      questionType: question_type,
      answerType: answer_type,
    }));
    const { overall, perQuestionType, perAnswerType } = vqaAccuracySet(questions);
    return { overall, per_question_type: { json: perQuestionType }, per_answer_type: { json: perAnswerType } };
  },
  "metric.pope_parse": (inputs) => ({ answer: { json: parsePopeAnswer(inputs.json("text", text)) } }),
  "metric.pope": (inputs) => {
    const answers = inputs.json("answers", texts);
    const labels = inputs.json("labels", z.array(z.enum(["yes", "no"])));
    const scores = pope(labels.map((label, index) => ({ label, answer: answers[index]! })));
    const { accuracy, precision, recall, f1, yesRatio } = scores;
    return { accuracy, precision, recall, f1, yes_ratio: yesRatio };
  },
  "metric.mme_parse": (inputs) => ({ answer: { json: parseMmeAnswer(inputs.json("text", text)) } }),
  "metric.mme": (inputs) => {
    const { tasks, total } = mme(inputs.json("records", mmeRecords));
    const json = Object.fromEntries(
      Object.entries(tasks).map(([task, { accuracy, accuracyPlus, score }]) => [
        task,
        { acc: accuracy, acc_plus: accuracyPlus, score },
      ]),
    );
    return { tasks: { json }, total };
  },
  "metric.circular": (inputs) => {
    const scores = circular(inputs.json("records", circularRecords));
    const { vanilla, rotation0, numQuestions } = scores;
    return {
      circular: scores.circular,
      vanilla,
      rotation0: rotation0 ?? Number.NaN,
      questions: { json: numQuestions },
    };
  },
  "metric.gqa": (inputs) => {
    const answers = inputs.json("answers", texts);
    const records = inputs
      .json("predictions", texts)
      .map((prediction, index) => ({ prediction, answer: answers[index]! }));
    return { value: gqa(records) };
  },
  "metric.anls": (inputs, params) => {
    const answers = inputs.json("answers", z.array(texts));
    const records = inputs
      .json("predictions", texts)
      .map((prediction, index) => ({ prediction, answers: answers[index]! }));
    return { value: anls(records, { threshold: params.number("threshold") }) };
  },
  "metric.scienceqa_parse": (inputs, params) => {
    const { letter, index } = parseScienceQaAnswer(inputs.json("text", text), params.number("choices"));
    return { answer: { json: letter }, index: { json: index } };
  },
  "metric.scienceqa": (inputs) => {
    const items = inputs.json("items", scienceQaItems).map(({ choices, has_image, ...item }) => ({
      ...item,
      numChoices: choices,
      hasImage: has_image,
    }));
    const { accuracy, imageAccuracy, numCorrect } = scienceqa(items);
    return { accuracy, image_accuracy: imageAccuracy ?? Number.NaN, correct: { json: numCorrect } };
  },
});
