import type { OpName } from "../index.ts";
import { activation } from "./activation.ts";
import { comparison } from "./comparison.ts";
import { control } from "./control.ts";
import { convolution } from "./convolution.ts";
import { creation } from "./creation.ts";
import { elementwise } from "./elementwise.ts";
import { indexing } from "./indexing.ts";
import { loss } from "./loss.ts";
import { normalization } from "./normalization.ts";
import { pooling } from "./pooling.ts";
import { product } from "./product.ts";
import { recurrent } from "./recurrent.ts";
import { reduction } from "./reduction.ts";
import { resizing } from "./resizing.ts";
import type { Sampler } from "./samplers.ts";
import { sampling } from "./sampling.ts";
import { shape } from "./shape.ts";
import { slicing } from "./slicing.ts";

/** For every operator of the table, random calls of it: what the conformance test runs. */
export const samples = {
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
} satisfies Record<OpName, Sampler>;
