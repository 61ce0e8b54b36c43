import { z } from "zod";
import { worker } from "../contract/worker.ts";
import { procedure, router } from "../trpc.ts";

export const workersRouter = router({
  /** Online and draining ones first, then those gone within the last day. */
  list: procedure.output(z.array(worker)).query(({ ctx }) => ctx.db.workers.list()),
});
