// [node]
import { readFile } from "node:fs/promises";
import { readJson, requireFile, type SourceFolder } from "../sources/folder.ts";
import { HubTokenizer } from "./hub.ts";

/**
 * The tokenizer of a model folder: tokenizer.json, tokenizer_config.json, and chat_template.jinja where the template has a
 * file of its own.
 * @throws DataError when a file is missing or of another form
 */
export async function hubTokenizerFrom(folder: SourceFolder): Promise<HubTokenizer> {
  const tokenizer = await readJson(await requireFile(folder, "tokenizer.json"));
  const config = await readJson(await requireFile(folder, "tokenizer_config.json"));
  const template = await folder.file("chat_template.jinja");
  const whole = template === null ? config : { ...config, chat_template: await readFile(template, "utf8") };
  return new HubTokenizer({ tokenizer, config: whole }, folder.location);
}
