import { activation } from "./activation.ts";
import { comparison } from "./comparison.ts";
import { control } from "./control.ts";
import { convolution } from "./convolution.ts";
import { creation } from "./creation.ts";
import type { OpDefinition } from "./definition.ts";
import { elementwise } from "./elementwise.ts";
import { indexing } from "./indexing.ts";
import { loss } from "./loss.ts";
import { normalization } from "./normalization.ts";
import { pooling } from "./pooling.ts";
import { product } from "./product.ts";
import { recurrent } from "./recurrent.ts";
import { reduction } from "./reduction.ts";
import { resizing } from "./resize.ts";
import { sampling } from "./sampling.ts";
import { shape } from "./shape.ts";
import { slicing } from "./slicing.ts";

/** The operators by family; to add one, define it in its family's file. */
export const families = {
  elementwise,
  comparison,
  activation,
  product,
  reduction,
  normalization,
  loss,
  convolution,
  pooling,
  resizing,
  sampling,
  recurrent,
  shape,
  slicing,
  indexing,
  creation,
  control,
} satisfies Record<string, Readonly<Record<string, OpDefinition>>>;

/** Every operator the engine knows, by ONNX name. */
export const ops = {
  ...elementwise,
  ...comparison,
  ...activation,
  ...product,
  ...reduction,
  ...normalization,
  ...loss,
  ...convolution,
  ...pooling,
  ...resizing,
  ...sampling,
  ...recurrent,
  ...shape,
  ...slicing,
  ...indexing,
  ...creation,
  ...control,
} satisfies Readonly<Record<string, OpDefinition>>;

export type OpName = keyof typeof ops;
