import { mostFrequentAnswer, type VqaData, type VqaRecord } from "./dataset.ts";

/** Shares of test questions, in [0, 1], that are answered right without looking: the floor for a model that looks. */
export interface BlindCeilings {
  /** The test split's most frequent answer, given to every question. */
  majority: number;
  /** The best answer for each question text, chosen on the test split itself: nothing blind can do better. */
  questionOnly: number;
  /** The best answer for each question text of the train split: what a blind model learns to do. */
  questionOnlyFromTrain: number;
  numQuestions: number;
  /** Different question texts in the test split; close to numQuestions, questionOnly says little. */
  numQuestionTexts: number;
}

/** What the questions alone give away, by exact match with the most frequent answer. */
export function blindCeilings({ train, test }: Pick<VqaData, "train" | "test">): BlindCeilings {
  const majorityAnswer = mostFrequentAnswer(test.records.map(({ answer }) => answer));
  const fromTest = bestAnswers(test.records);
  const fromTrain = bestAnswers(train.records);
  const share = (guess: (record: VqaRecord) => string | undefined) =>
    test.records.filter((record) => guess(record) === record.answer).length / test.records.length;
  return {
    majority: share(() => majorityAnswer),
    questionOnly: share(({ question }) => fromTest.get(question)),
    questionOnlyFromTrain: share(({ question }) => fromTrain.get(question)),
    numQuestions: test.records.length,
    numQuestionTexts: fromTest.size,
  };
}

function bestAnswers(records: readonly VqaRecord[]): Map<string, string> {
  const answers = new Map<string, string[]>();
  for (const { question, answer } of records) {
    const sameQuestion = answers.get(question);
    if (sameQuestion) sameQuestion.push(answer);
    else answers.set(question, [answer]);
  }
  return new Map([...answers].map(([question, given]) => [question, mostFrequentAnswer(given)]));
}
