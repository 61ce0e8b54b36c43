import { z } from "zod";
import { definePruner, goOn } from "./pruner.ts";

/** Every trial runs to its end. */
export const none = definePruner({
  title: "None",
  summary: "Every trial runs to its end.",
  judgesBy: "nothing",
  params: z.strictObject({}),
  decide: () => goOn("Nothing is pruned."),
});
