// [node] Entry of the batch thread: TypeScript first, then the thread itself.
import { register } from "tsx/esm/api";

register();
await import("./prefetch-worker.ts");
