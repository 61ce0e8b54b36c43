import { RetortError } from "@retort/engine";
import type { Fence } from "./fence.ts";

/** A write of an attempt that is no longer the stage's newest, or whose stage has ended: the worker gives up. Code LOST_LEASE. */
export class LostLeaseError extends RetortError {
  override name = "LostLeaseError";

  constructor({ stageId, attempt, workerId }: Fence) {
    super({
      code: "LOST_LEASE",
      message: "This attempt no longer owns its stage",
      expected: "the stage's newest attempt, running on this worker",
      got: `attempt ${attempt} of worker ${workerId}`,
      where: `stage ${stageId}`,
    });
  }
}

/** A row that was asked for by id and is not there. Code NOT_FOUND. */
export class NotFoundError extends RetortError {
  override name = "NotFoundError";

  constructor(what: string, id: string) {
    super({ code: "NOT_FOUND", message: `There is no ${what} ${id}` });
  }
}

/** A request that the row's present status does not allow. Code CONFLICT. */
export class ConflictError extends RetortError {
  override name = "ConflictError";

  constructor(details: { message: string; expected: string; got: string; where: string; fix?: string }) {
    super({ code: "CONFLICT", ...details });
  }
}
