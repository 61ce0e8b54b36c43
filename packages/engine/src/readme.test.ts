import { execFile } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, it } from "vitest";
import { graph as emptyGraph } from "./graph/builder.ts";
import * as nn from "./nn/index.ts";
import { exportOnnx } from "./onnx/export.ts";
import { importOnnx } from "./onnx/import.ts";
import { op } from "./ops/functions.ts";

const packageFolder = dirname(dirname(fileURLToPath(import.meta.url)));

/** A classifier of small images, as a file that somebody may have at hand. */
function classifier(): Uint8Array {
  const graph = emptyGraph("classifier");
  const image = graph.input("image", { dtype: "float32", shape: [32, 1, 28, 28] });
  const scope = nn.scope(graph, { seed: 7 });
  const hidden = op.relu(nn.linear(scope.at("fc1"), op.flatten(image), { out: 16 }));
  graph.output("logits", nn.linear(scope.at("fc2"), hidden, { out: 10 }));
  return exportOnnx(graph);
}

it("shows in 20 lines how an imported model is trained", { timeout: 60_000 }, async () => {
  const [, code] = /```ts\n([\s\S]*?)```/.exec(readFileSync(join(packageFolder, "README.md"), "utf8"))!;
  const statements = code!.split("\n").filter((line) => line !== "" && !line.startsWith("import"));
  expect(statements.length).toBeLessThanOrEqual(20);
  // Inside the package, where its own name resolves.
  const folder = mkdtempSync(join(packageFolder, ".readme-"));
  try {
    writeFileSync(join(folder, "model.onnx"), classifier());
    writeFileSync(join(folder, "example.ts"), code!);
    const { stdout } = await promisify(execFile)(process.execPath, ["--import", "tsx", "example.ts"], { cwd: folder });
    const reports = stdout
      .trim()
      .split("\n")
      .map((line) => line.split(" ").map(Number) as [number, number]);
    expect(reports.map(([steps]) => steps)).toEqual(Array.from({ length: 20 }, (_, i) => 8 * (i + 1)));
    expect(reports.at(-1)![1]).toBeLessThan(0.1 * reports[0]![1]);
    const trained = importOnnx(readFileSync(join(folder, "trained.onnx")));
    const initial = importOnnx(classifier());
    expect([...trained.parameters.keys()]).toEqual([...initial.parameters.keys()]);
    expect(trained.parameters.get("fc1.weight")!.tensor).not.toEqual(initial.parameters.get("fc1.weight")!.tensor);
  } finally {
    rmSync(folder, { recursive: true });
  }
});
