import { z } from "zod";
import { fromBase64, toBase64 } from "../../base/base64.ts";
import { DataError } from "../../base/errors.ts";
import { badTokenId } from "./token-ids.ts";
import type { Tokenizer, TokenizerJson } from "./tokenizer.ts";

const UNKNOWN = 0;
const START = 1;
const END = 2;
/** Ids of the 256 byte tokens begin here. */
const FIRST_BYTE = 3;

const json = z.strictObject({ type: z.literal("llama2c"), version: z.literal(1), file: z.base64() });

interface Piece {
  /** Bytes as Latin-1 text. */
  bytes: string;
  score: number;
}

/**
 * The byte-pair tokenizer of llama2.c (sentencepiece's vocabulary in a flat file). Its models end a text with the token that
 * begins the next one. Source: karpathy/llama2.c, run.c.
 */
export class Llama2cTokenizer implements Tokenizer {
  readonly padId = UNKNOWN;
  readonly eosId = START;
  readonly startIds = [START];
  readonly chatTemplate = null;
  readonly #pieces: readonly Piece[];
  readonly #ids: ReadonlyMap<string, number>;
  readonly #file: Uint8Array;

  /** @throws DataError when the bytes are no tokenizer of llama2.c */
  constructor(file: Uint8Array, where = "tokenizer") {
    this.#file = file;
    this.#pieces = readPieces(file, where);
    this.#ids = new Map(this.#pieces.map(({ bytes }, id) => [bytes, id]));
  }

  static fromJSON(value: unknown): Llama2cTokenizer {
    return new Llama2cTokenizer(fromBase64(json.parse(value).file));
  }

  get vocabularySize(): number {
    return this.#pieces.length;
  }

  /** A space is put before the text, as the models have learnt it. */
  encode(text: string): number[] {
    if (text === "") return [];
    const ids = [...` ${text}`].flatMap((character) => this.#idsOf(character));
    for (let merge = this.#bestMerge(ids); merge !== null; merge = this.#bestMerge(ids)) {
      ids.splice(merge.index, 2, merge.id);
    }
    return ids;
  }

  decode(ids: Iterable<number | bigint>): string {
    let bytes = "";
    let previous = -1;
    for (const id of ids) {
      const piece = this.#pieceAt(Number(id));
      if (Number(id) > END) bytes += printed(piece, previous === START);
      previous = Number(id);
    }
    return new TextDecoder().decode(Uint8Array.from(bytes, (byte) => byte.charCodeAt(0)));
  }

  encoding(): unknown {
    return this.toJSON();
  }

  toJSON(): TokenizerJson & { file: string } {
    return { type: "llama2c", version: 1, file: toBase64(this.#file) };
  }

  #idsOf(character: string): number[] {
    const utf8 = new TextEncoder().encode(character);
    const id = this.#ids.get(String.fromCharCode(...utf8));
    return id === undefined ? [...utf8].map((byte) => byte + FIRST_BYTE) : [id];
  }

  /** The neighbours whose joined text is the piece of the highest score, the leftmost of equal ones. */
  #bestMerge(ids: readonly number[]): { index: number; id: number } | null {
    let best: { index: number; id: number; score: number } | null = null;
    for (let index = 0; index + 1 < ids.length; index++) {
      const id = this.#ids.get(this.#pieces[ids[index]!]!.bytes + this.#pieces[ids[index + 1]!]!.bytes);
      if (id === undefined) continue;
      const { score } = this.#pieces[id]!;
      if (best === null || score > best.score) best = { index, id, score };
    }
    return best;
  }

  #pieceAt(id: number): string {
    const piece = this.#pieces[id];
    if (piece !== undefined) return piece.bytes;
    throw badTokenId(id, this.vocabularySize);
  }
}

function printed(piece: string, first: boolean): string {
  const byte = /^<0x([0-9A-F]{2})>$/.exec(piece);
  if (byte !== null) return String.fromCharCode(Number.parseInt(byte[1]!, 16));
  return first && piece.startsWith(" ") ? piece.slice(1) : piece;
}

/** int32 longest piece, then for each: float32 score, int32 length, bytes; little-endian. */
function readPieces(file: Uint8Array, where: string): Piece[] {
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  const pieces: Piece[] = [];
  let at = 4;
  while (at < file.length) {
    const length = at + 8 <= file.length ? view.getInt32(at + 4, true) : -1;
    if (length < 0 || at + 8 + length > file.length)
      throw notATokenizer(where, `a piece that does not end at byte ${at}`);
    const bytes = String.fromCharCode(...file.subarray(at + 8, at + 8 + length));
    pieces.push({ bytes, score: view.getFloat32(at, true) });
    at += 8 + length;
  }
  if (pieces.length < FIRST_BYTE + 256) throw notATokenizer(where, `${pieces.length} pieces`);
  return pieces;
}

function notATokenizer(where: string, got: string): DataError {
  return new DataError({
    code: "DATA_BAD_TOKENIZER",
    message: "This file is no tokenizer of llama2.c",
    expected: "its length, then scores and pieces, at least 259",
    got,
    where,
  });
}
