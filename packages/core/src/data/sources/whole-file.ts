// [node]
import { readFile, stat } from "node:fs/promises";
import { DataError } from "../../base/errors.ts";
import { LARGEST_FILE_BYTES } from "../../base/largest-file.ts";

/** All bytes of a file that somebody else has made. @throws DataError for one that is too large to be read at once */
export async function readWhole(path: string): Promise<Buffer> {
  const { size } = await stat(path);
  if (size <= LARGEST_FILE_BYTES) return readFile(path);
  throw new DataError({
    code: "DATA_FILE_TOO_LARGE",
    message: "This file is read as a whole, and is too large for it",
    expected: `at most ${LARGEST_FILE_BYTES} bytes`,
    got: `${size} bytes`,
    where: path,
    fix: "Take the model's weights from safetensors, which are read one by one, or a smaller model.",
  });
}
