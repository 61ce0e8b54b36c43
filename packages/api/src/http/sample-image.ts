import { Readable } from "node:stream";
import { NotFoundError } from "@retort/db";
import type { Services } from "../context.ts";
import { answer } from "./answer.ts";

/** GET /api/images/<sha256>: the picture of an evaluated sample. Its name is its content, so it may be kept for ever. */
export function sampleImage(services: Services, request: Request, sha256: string): Promise<Response> {
  return answer(services, request, async () => {
    if (!(await isSampleImage(services, sha256))) throw new NotFoundError("picture", sha256);
    return new Response(Readable.toWeb(await services.store.get(sha256)) as ReadableStream, {
      headers: {
        "content-type": "image/png",
        "x-content-type-options": "nosniff",
        "cache-control": "private, max-age=31536000, immutable",
        etag: `"${sha256}"`,
      },
    });
  });
}

// The store holds weights too; this path gives pictures only.
async function isSampleImage({ db, store }: Services, sha256: string): Promise<boolean> {
  if (!/^[0-9a-f]{64}$/.test(sha256)) return false;
  const sample = await db.prisma.evaluationSample.findFirst({
    where: { imageSha256: sha256 },
    select: { index: true },
  });
  return sample !== null && (await store.has(sha256));
}
