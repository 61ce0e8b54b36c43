/** The published models' arithmetic written out in plain loops, in the layout of their own files. */

type Stored = Readonly<Record<string, Float32Array>>;
type Rows = number[][];

const linear = (rows: Rows, weight: Float32Array, bias?: Float32Array): Rows =>
  rows.map((row) =>
    Array.from({ length: weight.length / row.length }, (_, out) =>
      row.reduce((sum, value, i) => sum + value * weight[out * row.length + i]!, bias?.[out] ?? 0),
    ),
  );

function layerNorm(rows: Rows, stored: Stored, { name, epsilon }: { name: string; epsilon: number }): Rows {
  return rows.map((row) => {
    const mean = row.reduce((a, b) => a + b) / row.length;
    const variance = row.reduce((sum, value) => sum + (value - mean) ** 2, 0) / row.length;
    return row.map((value, i) => {
      const scaled = (value - mean) / Math.sqrt(variance + epsilon);
      return scaled * stored[`${name}.weight`]![i]! + stored[`${name}.bias`]![i]!;
    });
  });
}

const rmsNorm = (rows: Rows, weight: Float32Array): Rows =>
  rows.map((row) => {
    const mean = row.reduce((sum, value) => sum + value * value, 0) / row.length;
    return row.map((value, i) => (value / Math.sqrt(mean + 1e-6)) * weight[i]!);
  });

const add = (a: Rows, b: Rows): Rows => a.map((row, i) => row.map((value, j) => value + b[i]![j]!));

interface Heads {
  heads: number;
  kvHeads: number;
  causal: boolean;
}

function attend(q: Rows, { k, v }: { k: Rows; v: Rows }, { heads, kvHeads, causal }: Heads): Rows {
  const width = q[0]!.length / heads;
  return q.map((row, t) => {
    const out: number[] = [];
    for (let head = 0; head < heads; head++) {
      const from = Math.floor((head * kvHeads) / heads) * width;
      const scores = k.map((key, s) => {
        if (causal && s > t) return Number.NEGATIVE_INFINITY;
        let dot = 0;
        for (let i = 0; i < width; i++) dot += row[head * width + i]! * key[from + i]!;
        return dot / Math.sqrt(width);
      });
      const largest = Math.max(...scores);
      const weights = scores.map((score) => Math.exp(score - largest));
      const total = weights.reduce((a, b) => a + b);
      for (let i = 0; i < width; i++) out.push(weights.reduce((sum, w, s) => sum + (w / total) * v[s]![from + i]!, 0));
    }
    return out;
  });
}

const quickGelu = (x: number) => x / (1 + Math.exp(-1.702 * x));
const geluTanh = (x: number) => 0.5 * x * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (x + 0.044715 * x ** 3)));
const silu = (x: number) => x / (1 + Math.exp(-x));

interface TowerInput {
  kind: "clip" | "siglip";
  /** [side, side, 3] */
  pixels: Uint8Array;
  side: number;
  patch: number;
  image_mean: readonly number[];
  image_std: readonly number[];
}

/** hidden_states[-2] of a tower of two blocks with two heads, without the class token. */
export function tower(stored: Stored, input: TowerInput): number[] {
  const { kind, pixels, side, patch, image_mean: mean, image_std: std } = input;
  const epsilon = kind === "clip" ? 1e-5 : 1e-6;
  const at = (name: string) => stored[`vision_model.embeddings.${name}`];
  const filters = at("patch_embedding.weight")!;
  const count = Math.floor(side / patch);
  const patches: Rows = [];
  for (let py = 0; py < count; py++) {
    for (let px = 0; px < count; px++) {
      patches.push(
        Array.from({ length: 8 }, (_, filter) => {
          let sum = at("patch_embedding.bias")?.[filter] ?? 0;
          for (let c = 0; c < 3; c++)
            for (let y = 0; y < patch; y++)
              for (let x = 0; x < patch; x++) {
                const byte = pixels[((py * patch + y) * side + px * patch + x) * 3 + c]!;
                sum += ((byte / 255 - mean[c]!) / std[c]!) * filters[((filter * 3 + c) * patch + y) * patch + x]!;
              }
          return sum;
        }),
      );
    }
  }
  const positions = at("position_embedding.weight")!;
  const tokens = kind === "clip" ? [[...at("class_embedding")!], ...patches] : patches;
  let x = tokens.map((row, t) => row.map((value, i) => value + positions[t * 8 + i]!));
  if (kind === "clip") x = layerNorm(x, stored, { name: "vision_model.pre_layrnorm", epsilon });
  const block = "vision_model.encoder.layers.0";
  const project = (rows: Rows, name: string) =>
    linear(rows, stored[`${block}.${name}.weight`]!, stored[`${block}.${name}.bias`]);
  const normed = layerNorm(x, stored, { name: `${block}.layer_norm1`, epsilon });
  const [q, k, v] = ["q", "k", "v"].map((name) => project(normed, `self_attn.${name}_proj`)) as [Rows, Rows, Rows];
  x = add(x, project(attend(q, { k, v }, { heads: 2, kvHeads: 2, causal: false }), "self_attn.out_proj"));
  const inner = project(layerNorm(x, stored, { name: `${block}.layer_norm2`, epsilon }), "mlp.fc1");
  const activation = kind === "clip" ? quickGelu : geluTanh;
  x = add(
    x,
    project(
      inner.map((row) => row.map(activation)),
      "mlp.fc2",
    ),
  );
  return (kind === "clip" ? x.slice(1) : x).flat();
}

/** Logits of a decoder of one block with two query heads over one key head. */
export function decoder(stored: Stored, { ids, ropeBase }: { ids: number[]; ropeBase: number }): number[] {
  const embedding = stored["embed_tokens.weight"]!;
  let x: Rows = ids.map((id) => [...embedding.subarray(id * 8, (id + 1) * 8)]);
  const project = (rows: Rows, name: string) =>
    linear(rows, stored[`layers.0.${name}.weight`]!, stored[`layers.0.${name}.bias`]);
  const turned = (rows: Rows): Rows =>
    rows.map((row, t) =>
      row.map((value, i) => {
        const j = i % 4;
        const angle = t * ropeBase ** (-(j % 2) / 2);
        const other = j < 2 ? -row[i + 2]! : row[i - 2]!;
        return value * Math.cos(angle) + other * Math.sin(angle);
      }),
    );
  const normed = rmsNorm(x, stored["layers.0.input_layernorm.weight"]!);
  const [q, k, v] = ["q", "k", "v"].map((name) => project(normed, `self_attn.${name}_proj`)) as [Rows, Rows, Rows];
  const mixed = attend(turned(q), { k: turned(k), v }, { heads: 2, kvHeads: 1, causal: true });
  x = add(x, project(mixed, "self_attn.o_proj"));
  const again = rmsNorm(x, stored["layers.0.post_attention_layernorm.weight"]!);
  const [gate, up] = [project(again, "mlp.gate_proj"), project(again, "mlp.up_proj")];
  const inner = gate.map((row, t) => row.map((value, i) => silu(value) * up[t]![i]!));
  x = add(x, project(inner, "mlp.down_proj"));
  return linear(rmsNorm(x, stored["norm.weight"]!), stored["lm_head.weight"] ?? embedding).flat();
}
