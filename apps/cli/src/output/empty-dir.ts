import { mkdir, readdir } from "node:fs/promises";
import { CliError } from "../cli-error.ts";

/** Makes the folder. @throws CliError when it holds something already */
export async function makeEmptyDir(dir: string): Promise<void> {
  await mkdir(dir, { recursive: true });
  if ((await readdir(dir)).length === 0) return;
  throw new CliError(`${dir} is not empty`, { fix: "Name another folder with --out" });
}
