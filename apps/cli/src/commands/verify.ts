import type { Command } from "commander";
import { exitCodes } from "../cli-error.ts";

interface Options {
  provider: string;
  json?: boolean;
}

export function verify(program: Command): void {
  program
    .command("verify")
    .description("run reference cases through this installation: do the numbers hold on this machine?")
    .argument("<case-file...>", "oracle case files (*.json), or NAME.json beside NAME.onnx")
    .option("--provider <name>", "execution provider", "cpu")
    .option("--json", "print a JSON object a line")
    .action(async (paths: string[], options: Options) => {
      const { verifyFiles } = await import("../verify/verify-files.ts");
      const { failed, unknown } = await verifyFiles(paths, options);
      if (failed > 0) process.exitCode = exitCodes.failed;
      else if (unknown > 0) process.exitCode = exitCodes.usage;
    });
}
