import { MessageChannel } from "node:worker_threads";
import type { Tensor } from "../graph/tensor.ts";

/**
 * Gives the memory of tensors back at once; their data is empty afterwards. The state of a training is replaced after every
 * run, and V8, which counts the few bytes of its own heap, may leave several generations of it to be collected later.
 */
export function release(tensors: Iterable<Tensor>): void {
  const { port1, port2 } = new MessageChannel();
  port1.close();
  port2.close();
  // A message to a closed port is dropped, with all that was transferred into it.
  port1.postMessage(
    null,
    Array.from(tensors, ({ data }) => data.buffer),
  );
}
