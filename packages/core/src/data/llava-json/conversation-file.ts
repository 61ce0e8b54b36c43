// [node]
import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { type FileHandle, open } from "node:fs/promises";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import type { ImageSource } from "../dataset.ts";
import { llavaJsonParams } from "./params.ts";
import { type Conversation, parseConversation } from "./record.ts";
import type { RecordSpan } from "./record-offsets.ts";

/** Conversations on disk, read one at a time by where they lie. Whoever opens it closes it. */
export class ConversationFile {
  readonly #handle: FileHandle;
  readonly #path: string;
  readonly #images: string;

  private constructor(handle: FileHandle, path: string, images: string) {
    this.#handle = handle;
    this.#path = path;
    this.#images = images;
  }

  static async open(path: string, images: string): Promise<ConversationFile> {
    return new ConversationFile(await open(path), path, images);
  }

  /** @throws DataError when the record cannot be used */
  async read({ start, end }: RecordSpan, index: number): Promise<Conversation> {
    const bytes = new Uint8Array(end - start);
    await this.#handle.read(bytes, 0, bytes.length, start);
    return parseConversation(new TextDecoder().decode(bytes), this.where(index));
  }

  where(index: number): string {
    return `${this.#path}, record ${index}`;
  }

  image(path: string, id: string): ImageSource {
    return { kind: "file", path: join(this.#images, path), label: `record ${id}` };
  }

  close(): Promise<void> {
    return this.#handle.close();
  }
}

/** Hash of the file of conversations; pictures are named by it. */
export async function fingerprintConversations(params: unknown): Promise<string> {
  const { path, images } = llavaJsonParams.pick({ path: true, images: true }).parse(params);
  const hash = createHash("sha256").update(`${images}\0`);
  await pipeline(createReadStream(path), async (chunks: AsyncIterable<Uint8Array>) => {
    for await (const chunk of chunks) hash.update(chunk);
  });
  return hash.digest("hex");
}
