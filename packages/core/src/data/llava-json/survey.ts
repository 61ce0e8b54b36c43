// [node]
import { access } from "node:fs/promises";
import { DataError } from "../../base/errors.ts";
import { BadRecords, requireRecords } from "../bad-records.ts";
import { encodeSegments } from "../conversation/encode.ts";
import { type TemplateName, templates } from "../conversation/templates.ts";
import type { SkippedRecord } from "../dataset.ts";
import { badImages } from "../images.ts";
import type { Tokenizer } from "../tokenizers/tokenizer.ts";
import { ConversationFile } from "./conversation-file.ts";
import type { LlavaJsonParams } from "./params.ts";
import { recordSpans } from "./record-offsets.ts";

export interface SurveyOptions {
  params: LlavaJsonParams;
  tokenizer: Tokenizer;
  template: TemplateName;
  numImageTokens: number;
  /** Slots of a row. */
  numTokens: number;
  /** Pictures that a row has room for. */
  imagesPerRow: number;
  /**
   * What a conversation longer than a row does: stop, be left out and listed, or be cut as LLaVA cuts it. One that a cut would
   * leave without an answer or a picture, or that has more pictures than a row, is then up to onBadRecord.
   */
  onTooLong: "error" | "skip" | "cut";
  signal: AbortSignal;
  progress(done: number): void;
}

/** What is known of every usable conversation without keeping its text: four numbers each. */
export interface Survey {
  /** Bytes [start, end) of each, in pairs. */
  spans: Float64Array<ArrayBuffer>;
  /** Number of each record in the file. */
  records: Uint32Array<ArrayBuffer>;
  /** Slots of each, at most numTokens. */
  lengths: Uint32Array<ArrayBuffer>;
  /** Pictures of each. */
  images: Uint32Array<ArrayBuffer>;
  skipped: readonly SkippedRecord[];
  /** Conversations that were cut. */
  numCut: number;
}

/**
 * Goes through the file once, a record at a time, and checks each as training will read it: form, markers, answers, pictures,
 * length in tokens.
 * @throws DataError for the first record that cannot be used, unless such records are skipped
 */
export async function surveyConversations(options: SurveyOptions): Promise<Survey> {
  const { params, signal, progress } = options;
  const bad = new BadRecords(params.onBadRecord);
  // Where long conversations are cut, those that no cut can save are bad records like others.
  const onLong = { error: "error", skip: "skip", cut: params.onBadRecord } as const;
  const long = new BadRecords(onLong[options.onTooLong]);
  const kept: { spans: number[]; records: number[]; lengths: number[]; images: number[] } = {
    spans: [],
    records: [],
    lengths: [],
    images: [],
  };
  let index = 0;
  let numCut = 0;
  const spans = recordSpans(params.path);
  const first = await spans.next();
  if (first.done) requireRecords(0, params.path, 0);
  const file = await ConversationFile.open(params.path, params.images);
  try {
    for (let next = first; !next.done; next = await spans.next(), index++) {
      signal.throwIfAborted();
      if (index % 1000 === 0) progress(index);
      const span = next.value;
      const found = await measured(file, { span, index }, options).catch((error: unknown) => {
        if (!(error instanceof DataError)) throw error;
        (error.code === "DATA_TOO_LONG" ? long : bad).report(error);
        return null;
      });
      if (found === null) continue;
      if (found.length > options.numTokens) numCut++;
      kept.spans.push(span.start, span.end);
      kept.records.push(index);
      kept.lengths.push(Math.min(found.length, options.numTokens));
      kept.images.push(found.numImages);
    }
  } finally {
    await file.close();
  }
  const skipped = [...bad.skipped, ...long.skipped];
  requireRecords(kept.records.length, params.path, skipped.length);
  return {
    spans: Float64Array.from(kept.spans),
    records: Uint32Array.from(kept.records),
    lengths: Uint32Array.from(kept.lengths),
    images: Uint32Array.from(kept.images),
    skipped,
    numCut,
  };
}

interface Placed {
  span: { start: number; end: number };
  index: number;
}

async function measured(file: ConversationFile, { span, index }: Placed, options: SurveyOptions) {
  const { params, tokenizer, template, numImageTokens, numTokens, imagesPerRow, onTooLong } = options;
  const conversation = await file.read(span, index);
  const encoded = encodeSegments(templates[template](conversation.turns, tokenizer), { tokenizer, numImageTokens });
  const { tokens, numImages } = encoded;
  const length = tokens.length;
  if (numImages > imagesPerRow) {
    throw tooLong(
      file.where(index),
      `at most ${imagesPerRow} pictures`,
      `${numImages}`,
      `Raise imagesPerRow, or ${leaveOut(onTooLong)}.`,
    );
  }
  if (length > numTokens && onTooLong !== "cut") {
    throw tooLong(
      file.where(index),
      `${numTokens} tokens`,
      `${length} tokens`,
      "Raise numTokens, or set onTooLong to cut or skip.",
    );
  }
  // A cut must neither part a picture's tokens nor leave nothing to learn.
  const left = encoded.learnt.slice(0, numTokens).some(Boolean);
  if (!left || encoded.features.slice(numTokens).some((feature) => feature >= 0)) {
    throw tooLong(
      file.where(index),
      `an answer and all pictures in the first ${numTokens} tokens`,
      `${length} tokens`,
      `Raise numTokens, or ${leaveOut(onTooLong)}.`,
    );
  }
  const sources = conversation.images.map((path) => file.image(path, conversation.id));
  // Only a picture that has been decoded here can be skipped: training has no other record to put in its place.
  if (params.checkImages === "decode" || params.onBadRecord === "skip") {
    const [broken] = await badImages(sources);
    if (broken) throw broken.error;
  } else {
    for (const source of sources) if (source.kind === "file") await requireImage(source.path, file.where(index));
  }
  return { length, numImages };
}

/** How the user lets a conversation be left out that fits no row. */
function leaveOut(onTooLong: SurveyOptions["onTooLong"]): string {
  return onTooLong === "cut" ? 'set onBadRecord to "skip"' : "set onTooLong to skip";
}

function tooLong(where: string, expected: string, got: string, fix: string): DataError {
  return new DataError({
    code: "DATA_TOO_LONG",
    message: "A conversation does not fit a row",
    expected,
    got,
    where,
    fix,
  });
}

async function requireImage(path: string, where: string): Promise<void> {
  try {
    await access(path);
  } catch (cause) {
    throw new DataError({
      code: "DATA_MISSING_IMAGE",
      message: "An image file is missing",
      expected: path,
      got: "no file",
      where,
      fix: 'Restore the file, or set onBadRecord to "skip".',
      cause,
    });
  }
}
