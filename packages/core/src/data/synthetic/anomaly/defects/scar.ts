import { between, type Defect, place } from "./defect.ts";
import { softEdged } from "./edge.ts";
import { jittered } from "./jitter.ts";

/** A thin rectangle of the image at any angle, pasted elsewhere. Source: CutPaste-Scar (length 10 to 25 pixels). */
export const scar: Defect = (input) => {
  const { image, rng, params, scale } = input;
  const { width, height, channels } = image;
  const thickness = scale * between(rng, params.minScarPx, params.maxScarPx);
  const length = scale * between(rng, 10, 25);
  const angle = Math.PI * rng.uniform();
  const [cos, sin] = [Math.cos(angle), Math.sin(angle)];
  const center = place(input);
  const source = { x: rng.integer(width), y: rng.integer(height) };
  const inside = (value: number, size: number) => Math.min(size - 1, Math.max(0, Math.round(value)));
  const data = image.data.slice();
  const mask = new Uint8Array(width * height);
  const reach = Math.ceil((length + thickness) / 2);
  for (let y = Math.max(0, center.y - reach); y <= Math.min(height - 1, center.y + reach); y++) {
    for (let x = Math.max(0, center.x - reach); x <= Math.min(width - 1, center.x + reach); x++) {
      const along = (x - center.x) * cos + (y - center.y) * sin;
      const across = (y - center.y) * cos - (x - center.x) * sin;
      if (Math.abs(along) > length / 2 || Math.abs(across) > thickness / 2) continue;
      const from = (inside(source.y + across, height) * width + inside(source.x + along, width)) * channels;
      const to = y * width + x;
      for (let c = 0; c < channels; c++) data[to * channels + c] = image.data[from + c]!;
      mask[to] = 1;
    }
  }
  const patch = jittered({ ...image, data }, { mask, rng, most: params.jitter });
  return softEdged(input, { image: patch, mask });
};
