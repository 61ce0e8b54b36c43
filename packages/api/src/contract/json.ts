import { z } from "zod";

/** A JSON object whose fields some other schema knows: a recipe's parameters, an artifact's notes. */
export const jsonObject = z.record(z.string(), z.unknown());
