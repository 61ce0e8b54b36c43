import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { readCases, type VerifyCase } from "@retort/engine/verify";
import { CliError } from "../cli-error.ts";

/**
 * The cases of NAME.json; an ONNX model NAME.onnx beside it belongs to them, and may be named instead.
 * @throws CliError when the file cannot be read, ModelError when it holds no cases
 */
export async function readCaseFile(given: string): Promise<VerifyCase[]> {
  const base = given.replace(/\.(json|onnx)$/, "");
  const path = `${base}.json`;
  const modelPath = existsSync(`${base}.onnx`) ? `${base}.onnx` : undefined;
  return readCases(parse(await read(path), path), { modelPath });
}

async function read(path: string): Promise<string> {
  try {
    return await readFile(path, "utf8");
  } catch (error) {
    throw new CliError(`${path} cannot be read: ${(error as NodeJS.ErrnoException).code ?? error}`, {
      fix: "Give case files: *.json, or NAME.json beside NAME.onnx",
    });
  }
}

function parse(text: string, path: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new CliError(`${path} is not JSON: ${(error as Error).message}`);
  }
}
