import type { Command } from "commander";
import type { CliEnv } from "../env.ts";
import { hint, print } from "../output/print.ts";
import { connect } from "../server.ts";

export function link(program: Command, env: CliEnv): void {
  program
    .command("link")
    .description("print a link that signs one browser in, once")
    .action(async () => {
      const { retort } = await connect(env);
      const { url, expiresAt } = await retort.auth.createLink.mutate();
      print(url);
      hint(`Works once, until ${expiresAt.toISOString().slice(0, 16).replace("T", " ")} UTC.`);
    });
}
