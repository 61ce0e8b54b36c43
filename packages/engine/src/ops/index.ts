import { activation } from "./activation.ts";
import { control } from "./control.ts";
import { convolution } from "./convolution.ts";
import type { OpDefinition } from "./definition.ts";
import { elementwise } from "./elementwise.ts";
import { indexing } from "./indexing.ts";
import { normalization } from "./normalization.ts";
import { pooling } from "./pooling.ts";
import { product } from "./product.ts";
import { reductions } from "./reduction.ts";
import { shapes } from "./shape.ts";

/** The operators by family; to add one, define it in its family's file. */
export const families = {
  elementwise,
  activation,
  product,
  reduction: reductions,
  normalization,
  convolution,
  pooling,
  shape: shapes,
  indexing,
  control,
} satisfies Record<string, Readonly<Record<string, OpDefinition>>>;

/** Every operator the engine knows, by ONNX name. */
export const ops = {
  ...elementwise,
  ...activation,
  ...product,
  ...reductions,
  ...normalization,
  ...convolution,
  ...pooling,
  ...shapes,
  ...indexing,
  ...control,
} satisfies Readonly<Record<string, OpDefinition>>;

export type OpName = keyof typeof ops;
