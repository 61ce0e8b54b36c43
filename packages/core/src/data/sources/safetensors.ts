// [node]
import { type FileHandle, open } from "node:fs/promises";
import { type Tensor, tensor } from "@retort/engine";
import { z } from "zod";
import { DataError } from "../../base/errors.ts";
import { readJson, requireFile, type SourceFolder } from "./folder.ts";
import { float32Of, type StoredFloat, storedBytes } from "./stored-floats.ts";

const entry = z.object({
  dtype: z.string(),
  shape: z.array(z.int().min(0)),
  data_offsets: z.tuple([z.int().min(0), z.int().min(0)]),
});
type Entry = z.infer<typeof entry>;

/** Larger headers are refused by the format's own library too. */
const MOST_HEADER_BYTES = 100 * 2 ** 20;

/** Named float tensors of a checkpoint, read one at a time. Whoever opens it closes it. */
export interface TensorFiles {
  names: readonly string[];
  shape(name: string): readonly number[] | undefined;
  /** As float32. @throws DataError for a name that is not there, or another kind of number */
  read(name: string): Promise<Tensor>;
  close(): Promise<void>;
}

/**
 * Opens model.safetensors, or the shards that model.safetensors.index.json lists; or the one file that the location names.
 * @throws DataError when a file is missing or damaged
 */
export async function openCheckpoint(folder: SourceFolder): Promise<TensorFiles> {
  const names = folder.named === null ? await shardNames(folder) : [folder.named];
  const files: TensorFiles[] = [];
  for (const name of names) files.push(await openSafetensors(await requireFile(folder, name)));
  const holder = new Map(files.flatMap((file) => file.names.map((name) => [name, file] as const)));
  return {
    names: [...holder.keys()],
    shape: (name) => holder.get(name)?.shape(name),
    read: (name) => (holder.get(name) ?? files[0]!).read(name),
    close: async () => {
      await Promise.all(files.map((file) => file.close()));
    },
  };
}

async function shardNames(folder: SourceFolder): Promise<string[]> {
  const index = await folder.file("model.safetensors.index.json");
  if (index === null) return ["model.safetensors"];
  const { weight_map } = z.object({ weight_map: z.record(z.string(), z.string()) }).parse(await readJson(index));
  return [...new Set(Object.values(weight_map))];
}

/** One file: uint64 length, JSON header, data. Source: huggingface/safetensors, README. */
export async function openSafetensors(path: string): Promise<TensorFiles> {
  const handle = await open(path);
  try {
    const { entries, dataStart } = await readHeader(handle, path);
    return {
      names: [...entries.keys()],
      shape: (name) => entries.get(name)?.shape,
      read: (name) => readTensor(handle, { name, entry: entries.get(name), dataStart, path }),
      close: () => handle.close(),
    };
  } catch (error) {
    await handle.close();
    throw error;
  }
}

async function readHeader(handle: FileHandle, path: string) {
  const { size } = await handle.stat();
  const start = await bytesAt(handle, 0, Math.min(8, size));
  const length = size < 8 ? 0 : Number(new DataView(start.buffer).getBigUint64(0, true));
  if (length < 2 || length > Math.min(MOST_HEADER_BYTES, size - 8))
    throw damaged(path, `a header of ${length} bytes in ${size}`);
  const text = new TextDecoder().decode(await bytesAt(handle, 8, length));
  const dataStart = 8 + length;
  const entries = new Map<string, Entry>();
  for (const [name, value] of Object.entries(parseHeader(text, path))) {
    if (name === "__metadata__") continue;
    const parsed = entry.safeParse(value);
    if (!parsed.success) throw damaged(path, `"${name}": ${z.prettifyError(parsed.error)}`);
    const [from, to] = parsed.data.data_offsets;
    if (to < from || dataStart + to > size) throw damaged(path, `"${name}" ends at byte ${dataStart + to} of ${size}`);
    entries.set(name, parsed.data);
  }
  return { entries, dataStart };
}

function parseHeader(text: string, path: string): Record<string, unknown> {
  try {
    return z.record(z.string(), z.unknown()).parse(JSON.parse(text));
  } catch {
    throw damaged(path, "a header that is no JSON object");
  }
}

interface Read {
  name: string;
  entry: Entry | undefined;
  dataStart: number;
  path: string;
}

async function readTensor(handle: FileHandle, { name, entry, dataStart, path }: Read): Promise<Tensor> {
  if (entry === undefined) {
    throw new DataError({
      code: "DATA_MISSING_WEIGHT",
      message: "A weight is not in the checkpoint",
      expected: name,
      got: "no tensor of that name",
      where: path,
    });
  }
  const { dtype, shape } = entry;
  const [from, to] = entry.data_offsets;
  const numElements = shape.reduce((product, size) => product * size, 1);
  if (!(dtype in storedBytes)) {
    const expected = Object.keys(storedBytes).join(", ");
    throw new DataError({
      code: "DATA_WEIGHT_TYPE",
      message: `The weight "${name}" is stored in another type of number`,
      expected,
      got: dtype,
      where: path,
      fix: "Store it in 16 or 32 bits; quantised checkpoints cannot be trained.",
    });
  }
  const stored = dtype as StoredFloat;
  if (to - from !== numElements * storedBytes[stored])
    throw damaged(path, `"${name}": ${to - from} bytes for [${shape}]`);
  return tensor("float32", shape, float32Of(await bytesAt(handle, dataStart + from, to - from), stored));
}

async function bytesAt(handle: FileHandle, position: number, length: number): Promise<Uint8Array<ArrayBuffer>> {
  const bytes = new Uint8Array(length);
  for (let done = 0; done < length; ) {
    const { bytesRead } = await handle.read(bytes, done, Math.min(length - done, 2 ** 30), position + done);
    if (bytesRead === 0) break;
    done += bytesRead;
  }
  return bytes;
}

function damaged(path: string, got: string): DataError {
  return new DataError({
    code: "DATA_BAD_SAFETENSORS",
    message: "This file is no safetensors file, or it is cut off",
    expected: "a header that describes the bytes behind it",
    got,
    where: path,
    fix: "Copy the file again from its source.",
  });
}
