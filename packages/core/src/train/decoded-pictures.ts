// [node]
import type { VqaSplit } from "../data/dataset.ts";
import { type DecodeOptions, decodeImages } from "../data/images.ts";

/** Decoded pictures are kept up to here; beyond, they are decoded each time they are needed. */
const CACHE_BYTES = 512 * 2 ** 20;

type PixelOptions = Pick<DecodeOptions, "sizePx" | "picture">;

/** Pictures of a split as pixels of one size, each decoded once while memory lasts. */
export class DecodedPictures {
  readonly #split: VqaSplit;
  readonly #options: PixelOptions;
  readonly #cache = new Map<string, Uint8Array>();

  constructor(split: VqaSplit, options: PixelOptions) {
    this.#split = split;
    this.#options = options;
  }

  /** uint8 [sizePx,sizePx,3] of each id. */
  async decode(imageIds: readonly string[]): Promise<Map<string, Uint8Array>> {
    const stride = this.#options.sizePx ** 2 * 3;
    const missing = [...new Set(imageIds)].filter((id) => !this.#cache.has(id));
    const fresh = await decodeImages(
      missing.map((id) => this.#split.image(id)),
      this.#options,
    );
    const decoded = new Map<string, Uint8Array>();
    missing.forEach((id, i) => {
      const rgb = fresh.slice(i * stride, (i + 1) * stride);
      decoded.set(id, rgb);
      if ((this.#cache.size + 1) * stride <= CACHE_BYTES) this.#cache.set(id, rgb);
    });
    for (const id of imageIds) if (!decoded.has(id)) decoded.set(id, this.#cache.get(id)!);
    return decoded;
  }
}
