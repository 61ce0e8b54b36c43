/** Dilation by a square of side 2 radius + 1: a maximum along rows, then along columns. */
export function grown(
  mask: Uint8Array,
  { width, height, radius }: { width: number; height: number; radius: number },
): Uint8Array<ArrayBuffer> {
  const rows = new Uint8Array(mask.length);
  const out = new Uint8Array(mask.length);
  for (let at = 0; at < mask.length; at++) {
    if (mask[at] === 0) continue;
    const [x, y] = [at % width, Math.floor(at / width)];
    rows.fill(1, y * width + Math.max(0, x - radius), y * width + Math.min(width, x + radius + 1));
  }
  for (let y = 0; y < height; y++) {
    for (let from = Math.max(0, y - radius); from <= Math.min(height - 1, y + radius); from++) {
      for (let x = 0; x < width; x++) out[y * width + x]! |= rows[from * width + x]!;
    }
  }
  return out;
}
