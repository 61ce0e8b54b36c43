import { DataError } from "../../base/errors.ts";

/** The ids as numbers. @throws DataError for one outside the vocabulary */
export function tokenIds(ids: Iterable<number | bigint>, vocabularySize: number): number[] {
  const numbers = [...ids].map(Number);
  const outside = numbers.find((id) => !(id >= 0 && id < vocabularySize));
  if (outside !== undefined) throw badTokenId(outside, vocabularySize);
  return numbers;
}

export function badTokenId(id: number, vocabularySize: number): DataError {
  return new DataError({
    code: "DATA_BAD_TOKEN_ID",
    message: "A token id lies outside the vocabulary",
    expected: `0 .. ${vocabularySize - 1}`,
    got: String(id),
  });
}
