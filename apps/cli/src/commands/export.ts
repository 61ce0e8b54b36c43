import type { Command } from "commander";
import type { CliEnv } from "../env.ts";
import { print } from "../output/print.ts";
import { resolveRun, shortId } from "../run-reference.ts";
import { connect } from "../server.ts";
import { wholeNumber } from "../whole-number.ts";

interface ExportOptions {
  out?: string;
  parts?: true;
  stage?: string;
  promptTokens: number;
  newTokens: number;
  images: number;
}

export function exportRun(program: Command, env: CliEnv): void {
  program
    .command("export")
    .description(
      "write a run to a folder: parameters, metrics, evaluations with every sample, logs, attempts, files, changed code",
    )
    .argument("<run>", "as in `retort show`")
    .option("--out <dir>", "new or empty folder (default retort-<run>)")
    .option("--parts", "write the model instead: an ONNX file a part, tokenizer and model card, for any ONNX runtime")
    .option("--stage <name>", "with --parts: stage whose model is written (default: the last that left one)")
    .option("--prompt-tokens <n>", "with --parts: longest text of a prompt", wholeNumber, 128)
    .option("--new-tokens <n>", "with --parts: longest answer", wholeNumber, 64)
    .option("--images <n>", "with --parts: pictures that a prompt may hold", wholeNumber, 1)
    .action(async (reference: string, options: ExportOptions) => {
      const { retort, server } = await connect(env);
      const runId = await resolveRun(retort, reference);
      const { dir, files } = await written({ retort, server, runId, options });
      for (const file of files) print(file);
      print(`${files.length} files in ${dir}`);
    });
}

interface Export extends Awaited<ReturnType<typeof connect>> {
  runId: string;
  options: ExportOptions;
}

async function written({ retort, server, runId, options }: Export): Promise<{ dir: string; files: string[] }> {
  const dir = options.out ?? `retort-${shortId(runId)}`;
  if (!options.parts) {
    const { writeRun } = await import("../export/write-run.ts");
    return writeRun({ retort, server, runId, dir });
  }
  const { writeParts } = await import("../export/write-parts.ts");
  const { promptTokens, newTokens, images } = options;
  const parts = { numPromptTokens: promptTokens, numNewTokens: newTokens, imagesPerPrompt: images };
  return writeParts({ retort, server, runId, dir, stage: options.stage, parts });
}
