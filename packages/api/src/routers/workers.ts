import { z } from "zod";
import { worker } from "../contract/worker.ts";
import { procedure, router } from "../trpc.ts";
import { listWorkers } from "../views/worker.ts";

export const workersRouter = router({
  list: procedure.output(z.array(worker)).query(({ ctx }) => listWorkers(ctx.db)),
});
