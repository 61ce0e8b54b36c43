import type { Command } from "commander";
import { exitCodes } from "../cli-error.ts";
import type { CliEnv } from "../env.ts";
import { hint, print } from "../output/print.ts";
import { wholeNumber } from "../whole-number.ts";

interface Options {
  model: string;
  out: string;
  provider: string;
  threads: number;
}

export function detect(program: Command, env: CliEnv): void {
  program
    .command("detect")
    .description(
      "find anomalies in pictures with a trained detector: a table of scores and a heat map for each picture",
    )
    .argument("<images...>", "picture files, or folders of them")
    .requiredOption(
      "--model <file|artifact|run>",
      "a detector's ONNX file, an artifact's id, or a run with a model artifact",
    )
    .requiredOption("--out <dir>", "new or empty folder for scores.csv and heat/")
    .option("--provider <name>", "execution provider", "cpu")
    .option("--threads <n>", "CPU threads", wholeNumber, 2)
    .addHelpText("after", "\nExit code 1 when a picture could not be decoded; the others are scored all the same.")
    .action(async (given: string[], { model, out, provider, threads }: Options) => {
      const { listImages } = await import("../detect/image-files.ts");
      const { loadModel } = await import("../detect/load-model.ts");
      const { detectImages } = await import("../detect/detect-images.ts");
      const { countBar } = await import("../output/count-bar.ts");
      const images = await listImages(given);
      const bar = countBar("pictures");
      const { numBad, csvPath } = await detectImages({
        model: await loadModel(model, env),
        images,
        outDir: out,
        provider,
        threads,
        onProgress: bar.update,
      }).finally(bar.stop);
      print(csvPath);
      if (numBad === 0) return;
      hint(`${numBad} of ${images.length} pictures could not be decoded`);
      process.exitCode = exitCodes.failed;
    });
}
