import { Readable } from "node:stream";
import { NotFoundError } from "@retort/db";
import { z } from "zod";
import type { Services } from "../context.ts";
import { answer } from "./answer.ts";

/** GET /api/stages/<id>/attempts/<number>/changes: what the attempt's code differed in from its commit, as `git apply` takes it. */
export function downloadChanges(
  services: Services,
  request: Request,
  { stageId, number }: { stageId: string; number: string },
): Promise<Response> {
  return answer(services, request, async () => {
    const attempts = z.uuid().safeParse(stageId).success ? await services.db.attempts.forStage(stageId) : [];
    const environment = attempts.find((attempt) => String(attempt.number) === number)?.environment ?? null;
    if (environment === null || environment.gitDiffSha256 === null || !environment.isGitDiffKept) {
      throw new NotFoundError("kept change of the code of", `attempt ${number} of stage ${stageId}`);
    }
    const { gitDiffSha256, gitDiffBytes } = environment;
    return new Response(Readable.toWeb(await services.store.get(gitDiffSha256)) as ReadableStream, {
      headers: {
        "content-type": "application/octet-stream",
        "content-length": String(gitDiffBytes),
        "content-disposition": `attachment; filename="${gitDiffSha256.slice(0, 12)}.diff"`,
        "x-content-type-options": "nosniff",
        "cache-control": "private, no-cache",
        etag: `"${gitDiffSha256}"`,
      },
    });
  });
}
