import { exportOnnx, type Graph, importOnnx, onnxMetadata, type Tensor } from "@retort/engine";
import { z } from "zod";
import { DataError } from "../../base/errors.ts";

/** What tells one kind of model file from others. */
export interface DescribedFile<Schema extends z.ZodType> {
  /** Under which the description stands in the file's metadata. */
  key: string;
  /** "an image tower". */
  what: string;
  /** Where such files come from. */
  fix: string;
  description: Schema;
}

/** One self-describing ONNX file: the graph with the weights in it, the description and the weights' names as metadata. */
export function writeDescribed<Schema extends z.ZodType>(
  { key }: DescribedFile<Schema>,
  model: { description: z.output<Schema>; weights: ReadonlyMap<string, Tensor>; graph: Graph },
): Uint8Array {
  const { description, weights, graph } = model;
  graph.prune();
  // An ONNX file does not tell weights from constants, and holds those alone that its outputs need.
  const read = new Set(graph.nodes.flatMap(({ inputs }) => inputs));
  const parameters = [...graph.parameters].filter(([, value]) => read.has(value)).map(([name]) => name);
  return exportOnnx(graph, { weights, metadata: { [key]: JSON.stringify({ description, parameters }) } });
}

/** @throws DataError when the file is an ONNX model of another origin; ModelError when it is no ONNX model. */
export function readDescribed<Schema extends z.ZodType>(
  file: DescribedFile<Schema>,
  bytes: Uint8Array,
  where: string,
): { description: z.output<Schema>; weights: ReadonlyMap<string, Tensor> } {
  const metadata = onnxMetadata(bytes);
  const found = describedIn(file, metadata);
  if (found === null) {
    throw new DataError({
      code: "DATA_OTHER_MODEL",
      message: `This ONNX file does not say how ${file.what} is built`,
      expected: `metadata "${file.key}"`,
      got: Object.keys(metadata).join(", ") || "no metadata",
      where,
      fix: file.fix,
    });
  }
  const { description, parameters } = found;
  const stored = importOnnx(bytes).parameters;
  const weights = new Map(
    parameters.map((name) => {
      const tensor = stored.get(name)?.tensor;
      if (tensor) return [name, tensor] as const;
      throw new DataError({
        code: "DATA_MISSING_WEIGHT",
        message: "A weight that the file announces is not in it",
        expected: name,
        got: "no initializer of that name",
        where,
      });
    }),
  );
  return { description, weights };
}

/** The description alone, without the weights; null for a model of another origin. @throws ModelError when it is no ONNX model. */
export function readDescription<Schema extends z.ZodType>(
  file: DescribedFile<Schema>,
  bytes: Uint8Array,
): z.output<Schema> | null {
  return describedIn(file, onnxMetadata(bytes))?.description ?? null;
}

function describedIn<Schema extends z.ZodType>(
  file: DescribedFile<Schema>,
  metadata: Readonly<Record<string, string>>,
): { description: z.output<Schema>; parameters: string[] } | null {
  const text = metadata[file.key];
  if (text === undefined) return null;
  const { description, parameters } = header.parse(JSON.parse(text));
  return { description: file.description.parse(description), parameters };
}

const header = z.strictObject({ description: z.unknown(), parameters: z.array(z.string()) });
