import { spawn } from "node:child_process";
import { once } from "node:events";
import { expect, it } from "vitest";
import { binary } from "./testing.ts";

it.each(["stdout", "stderr"] as const)(
  "ends without a word when nobody reads its %s on",
  async (closed) => {
    // What --help says goes to stdout, what an unknown command says to stderr.
    const child = spawn(process.execPath, [binary, closed === "stdout" ? "--help" : "nonsense"]);
    child[closed].destroy();
    const open = closed === "stdout" ? child.stderr : child.stdout;
    let said = "";
    open.on("data", (chunk) => {
      said += chunk;
    });
    const [code] = await once(child, "close");
    expect([code, said]).toEqual([141, ""]);
  },
  30_000,
);
