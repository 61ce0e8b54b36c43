/** Writes the table of operators into packages/engine/README.md: npx tsx packages/engine/scripts/readme.ts */
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { withOperatorSection } from "../src/ops/readme.ts";

const path = fileURLToPath(new URL("../README.md", import.meta.url));
const current = existsSync(path) ? readFileSync(path, "utf8") : "# @retort/engine\n";
writeFileSync(path, withOperatorSection(current));
