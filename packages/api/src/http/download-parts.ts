import { buffer } from "node:stream/consumers";
import { SpecError } from "@retort/core";
import { exportParts, modelCard, readModel } from "@retort/core/node";
import { NotFoundError } from "@retort/db";
import { strToU8, type Zippable, zipSync } from "fflate";
import { z } from "zod";
import type { Services } from "../context.ts";
import { LARGEST_SERVED_MODEL_BYTES } from "../views/artifact.ts";
import { lineageOf } from "../views/lineage.ts";
import { answer } from "./answer.ts";

const size = (most: number) => z.coerce.number().int().min(1).max(most);

const query = z.strictObject({
  run: z.uuid(),
  promptTokens: size(32_768).default(128),
  newTokens: size(32_768).default(64),
  images: size(64).default(1),
});

/**
 * GET /api/artifacts/<id>/parts?run=<id>&promptTokens=128&newTokens=64&images=1: the model as one ONNX file a part, with its tokenizer
 * and a card made from the run's record, as a zip archive.
 */
export function downloadParts(services: Services, request: Request, id: string): Promise<Response> {
  return answer(services, request, async () => {
    const { run: runId, ...options } = readQuery(new URL(request.url).searchParams);
    const row = z.uuid().safeParse(id).success ? await services.db.artifacts.get(id) : null;
    if (row === null) throw new NotFoundError("artifact", id);
    if (row.sizeBytes > LARGEST_SERVED_MODEL_BYTES) throw tooLarge(row.sizeBytes, runId);
    const lineage = await lineageOf(services.db, { runId, artifactId: id });
    const model = readModel(await buffer(await services.store.get(row.sha256)), `${lineage.model.stage}/${row.name}`);
    const files = exportParts(model, {
      numPromptTokens: options.promptTokens,
      numNewTokens: options.newTokens,
      imagesPerPrompt: options.images,
    });
    const contents: Zippable = { "README.md": strToU8(modelCard(model, lineage, files)) };
    for (const file of files) {
      contents[file.name] = typeof file.contents === "string" ? strToU8(file.contents) : file.contents;
    }
    // Weights hardly get smaller: they are stored as they are.
    return new Response(zipSync(contents, { level: 0 }), {
      headers: {
        "content-type": "application/zip",
        "content-disposition": `attachment; filename="${lineage.model.stage}-parts-${runId.slice(-8)}.zip"`,
        "x-content-type-options": "nosniff",
        "cache-control": "private, no-store",
      },
    });
  });
}

function readQuery(parameters: URLSearchParams): z.infer<typeof query> {
  const { success, data, error } = query.safeParse(Object.fromEntries(parameters));
  if (success) return data;
  throw new SpecError({
    code: "BAD_QUERY",
    message: `The address of the parts is not right:\n${z.prettifyError(error)}`,
    expected: "run=<id>, and promptTokens, newTokens and images as whole numbers from 1",
    got: parameters.toString(),
    where: error.issues.map((issue) => issue.path.join(".")).join(", "),
  });
}

function tooLarge(sizeBytes: number, runId: string): SpecError {
  return new SpecError({
    code: "MODEL_TOO_LARGE",
    message: "The model is larger than the server takes apart in its memory",
    expected: `at most ${LARGEST_SERVED_MODEL_BYTES} bytes`,
    got: `${sizeBytes} bytes`,
    where: "the model",
    fix: `Take it apart on your machine: npx retort export ${runId.slice(-8)} --parts`,
  });
}
