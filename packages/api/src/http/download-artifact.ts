import { Readable } from "node:stream";
import { NotFoundError } from "@retort/db";
import { z } from "zod";
import type { Services } from "../context.ts";
import { fileName } from "../views/artifact.ts";
import { answer } from "./answer.ts";

/** GET /api/artifacts/<id>/download: the file, to be saved under the artifact's own name. */
export function downloadArtifact(services: Services, request: Request, id: string): Promise<Response> {
  return answer(services, request, async () => {
    const row = z.uuid().safeParse(id).success ? await services.db.artifacts.get(id) : null;
    if (row === null) throw new NotFoundError("artifact", id);
    return new Response(Readable.toWeb(await services.store.get(row.sha256)) as ReadableStream, {
      headers: {
        "content-type": "application/octet-stream",
        "content-length": String(row.sizeBytes),
        "content-disposition": `attachment; filename="${fileName(row)}"`,
        "x-content-type-options": "nosniff",
        "cache-control": "private, no-cache",
        etag: `"${row.sha256}"`,
      },
    });
  });
}
