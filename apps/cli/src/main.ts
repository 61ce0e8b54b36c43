import { Command, CommanderError } from "commander";
import manifest from "../package.json" with { type: "json" };
import { CliError, exitCodes } from "./cli-error.ts";
import { commands } from "./commands/index.ts";
import { readEnv } from "./env.ts";
import { hint } from "./output/print.ts";

const program = new Command("retort")
  .description("Train, ablate and rank small multimodal models.")
  .version(manifest.version)
  .showHelpAfterError("(`retort <command> --help` lists the options)")
  .exitOverride()
  .addHelpText(
    "after",
    "\nThe server is found through RETORT_URL and RETORT_API_KEY, or through RETORT_HOME (.retort in the repository)." +
      "\nExit codes: 0 done, 1 failed, 2 written wrongly, 130 interrupted, 141 nobody read on (as in `| head`).",
  );

for (const stream of [process.stdout, process.stderr]) stream.on("error", endUnread);

const env = readEnv();
for (const register of Object.values(commands)) register(program, env);
for (const command of program.commands)
  command.exitOverride().showHelpAfterError(`(\`retort ${command.name()} --help\`)`);

try {
  await program.parseAsync();
} catch (error) {
  process.exitCode = await report(error);
}

/** A reader that has seen enough closes the pipe. Node ignores the signal that ends other programs then, and reports an error. */
function endUnread(error: NodeJS.ErrnoException): void {
  if (error.code !== "EPIPE") throw error;
  process.exit(exitCodes.unread);
}

/** Tells what went wrong and gives the exit code. */
async function report(error: unknown): Promise<number> {
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : exitCodes.usage;
  if (error instanceof CliError) {
    hint(`error: ${error.message}`);
    if (error.fix !== undefined) hint(`  ${error.fix}`);
    return error.exitCode;
  }
  const { describeError } = await import("@retort/api/client");
  const { code, message, fix } = describeError(error);
  hint(`error: ${message}`);
  // The message of the server's own errors ends with the fix.
  if (fix !== undefined && !message.includes(fix)) hint(`  ${fix}`);
  if (code === "UNEXPECTED_ERROR" && error instanceof Error && !(await isExplained(error))) hint(error.stack ?? "");
  return exitCodes.failed;
}

/** Commands that compute here meet the engine's own errors, whose message says all there is to say. */
async function isExplained(error: Error): Promise<boolean> {
  const { RetortError } = await import("@retort/engine");
  return error instanceof RetortError;
}
