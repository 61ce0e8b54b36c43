import { numImageTokens } from "./config.ts";
import { countWeights, type PartFile } from "./export-parts.ts";
import type { LlavaModel } from "./model-file.ts";

/** Where a model comes from, as the platform knows it. */
export interface Lineage {
  run: { id: string; name: string; recipe: string; seed: number; params: Record<string, unknown> };
  /** Stage whose model this is, and the sha256 of that file. */
  model: { stage: string; sha256: string };
  /** All stages of the run, in their order. */
  stages: readonly LineageStage[];
  evaluations: readonly {
    stageName: string;
    dataset: string;
    split: string;
    condition: string;
    numSamples: number;
    metrics: Readonly<Record<string, number>>;
  }[];
}

export interface LineageStage {
  name: string;
  kind: string;
  title: string;
  seed: number;
  contentKey: string;
  /** Hash of the data that it read; null when it read none of its own. */
  dataFingerprint: string | null;
  params: Readonly<Record<string, unknown>>;
  inputs: readonly { name: string; stageName: string; artifactName: string }[];
  /** The run that it was taken from as it is, and what it was made from there; null for the run's own stages. */
  earlier: { run: { id: string; name: string }; stages: readonly LineageStage[] } | null;
}

/** README.md beside an exported model: what it is, how it was made and from what, how well it does, how it is run. */
export function modelCard(model: LlavaModel, lineage: Lineage, files: readonly PartFile[]): string {
  const { run } = lineage;
  const made = ancestors(lineage.stages, lineage.model.stage);
  return [
    "---\nlibrary_name: onnxruntime\npipeline_tag: image-text-to-text\ntags: [llava, onnx, retort]\n---",
    `# ${run.name}`,
    `A vision-language model in the LLaVA layout, trained by Retort's recipe \`${run.recipe}\` with seed ${run.seed}. This file is made from the record of the run.`,
    "## Model",
    sizes(model),
    "## Files",
    table(
      ["file", "bytes"],
      files.map(({ name, contents }) => [`\`${name}\``, String(byteLength(contents))]),
    ),
    usage,
    "## Lineage",
    `Run \`${run.id}\`, stage \`${lineage.model.stage}\`, model file sha256 \`${lineage.model.sha256}\`. A stage's key is the hash of everything that decides its result: equal keys mean equal work.`,
    stageTable(made),
    ...made.flatMap(earlierStages),
    "### Teacher",
    teacher(made),
    "## Evaluation",
    evaluations(lineage),
    "## Parameters",
    `\`\`\`json\n${JSON.stringify(run.params, null, 2)}\n\`\`\``,
    ...made.map(({ name, params }) => `Stage \`${name}\`:\n\n\`\`\`json\n${JSON.stringify(params, null, 2)}\n\`\`\``),
  ].join("\n\n");
}

function sizes({ config, weights, tokenizer }: LlavaModel): string {
  const { vision, decoder, imageSizePx, vocabularySize } = config;
  const part = (prefix: string) => countWeights(weights, `${prefix}.`).toLocaleString("en-US");
  return table(
    ["part", "parameters", "size"],
    [
      [
        "vision encoder",
        part("vision"),
        `${vision.layers + vision.featureLayer + 1} blocks of width ${vision.dim}, ${imageSizePx} px, ${numImageTokens(config)} image tokens`,
      ],
      ["projector", part("projector"), "two layers, GELU"],
      [
        "decoder",
        part("decoder"),
        `${decoder.layers} blocks of width ${decoder.dim}, ${decoder.heads} heads over ${decoder.kvHeads}`,
      ],
      ["tokenizer", "", `${tokenizer.toJSON().type}, ${tokenizer.vocabularySize} of ${vocabularySize} tokens`],
    ],
  );
}

const usage = `Any ONNX runtime runs them; \`parts.json\` holds the sizes. For a question about a picture:

1. \`vision.onnx\`: \`pixels\` uint8 [1,H,W,3] -> \`features\`; \`projector.onnx\`: \`features\` -> \`image\` [1,I,D].
2. \`decoder_prefill.onnx\`: \`features\` [pictures · I, D] (the image tokens, one a row), \`tokens\` int64 [1,P] (padded with padId), \`feature_index\` int64 [1,P] (row of \`features\` at a slot, -1 for text), \`lengths\` int64 [1] -> \`logits\` [1,V], \`new_keys.l\`, \`new_values.l\`.
3. Until eosId, with the most probable token t and n slots in use: \`decoder_step.onnx\`: \`token\` [[t]], \`positions\` [[n]], \`slot\` [P + step], \`visible\` bool [1,S] (the prompt's slots and those of earlier steps and this one), \`keys.l\`, \`values.l\` as they came -> the same outputs.

\`decoder_merged.onnx\` does both and holds the weights once: \`use_cache\` bool [1] chooses; inputs of the other may be zeros.`;

/** A stage and all that it was made from, in the run's order. */
export function ancestors<S extends Pick<LineageStage, "name" | "inputs">>(stages: readonly S[], of: string): S[] {
  const needed = new Set<string>();
  const visit = (name: string) => {
    if (needed.has(name)) return;
    needed.add(name);
    for (const { stageName } of stages.find((stage) => stage.name === name)?.inputs ?? []) visit(stageName);
  };
  visit(of);
  return stages.filter(({ name }) => needed.has(name));
}

function teacher(made: readonly LineageStage[]): string {
  const teaching = made.flatMap(({ name, inputs }) =>
    inputs
      .filter((input) => input.name === "teacher" || input.name === "teacherCache")
      .map(({ stageName, artifactName }) => `Stage \`${name}\` learnt from \`${artifactName}\` of \`${stageName}\`.`),
  );
  return teaching.length === 0 ? "None." : teaching.join("\n");
}

function stageTable(stages: readonly LineageStage[]): string {
  return table(
    ["stage", "kind", "from", "seed", "key", "data fingerprint"],
    stages.map(({ name, kind, inputs, seed, contentKey, dataFingerprint }) => [
      name,
      kind,
      inputs.map(({ stageName }) => stageName).join(", ") || "-",
      String(seed),
      `\`${contentKey.slice(0, 16)}\``,
      dataFingerprint === null ? "-" : `\`${dataFingerprint.slice(0, 32)}\``,
    ]),
  );
}

/** What a stage of an earlier run was made from, and what that run itself had taken from others. */
function earlierStages({ name, earlier }: LineageStage): string[] {
  if (earlier === null) return [];
  const { run, stages } = earlier;
  return [
    `\`${name}\` was taken from run \`${run.id}\` (${run.name}), where it was made like this:`,
    stageTable(stages),
    ...stages.flatMap(earlierStages),
  ];
}

/** Evaluations of this very model: those of stages that read it. */
function evaluations({ stages, model, evaluations: all }: Lineage): string {
  const readers = new Set(
    stages
      .filter(({ inputs }) =>
        inputs.some(({ stageName, artifactName }) => stageName === model.stage && artifactName === "model"),
      )
      .map(({ name }) => name),
  );
  const rows = all
    .filter(({ stageName }) => readers.has(stageName))
    .flatMap(({ dataset, split, condition, numSamples, metrics }) =>
      Object.entries(metrics).map(([metric, value]) => [
        `${dataset}/${split}`,
        condition,
        String(numSamples),
        metric,
        value.toPrecision(6),
      ]),
    );
  return rows.length === 0 ? "None." : table(["data", "condition", "samples", "metric", "value"], rows);
}

function table(header: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`;
  return [line(header), line(header.map(() => "---")), ...rows.map(line)].join("\n");
}

function byteLength(contents: PartFile["contents"]): number {
  return typeof contents === "string" ? new TextEncoder().encode(contents).length : contents.length;
}
