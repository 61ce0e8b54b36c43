import { mkdtempSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { LARGEST_FILE_BYTES } from "../../base/largest-file.ts";
import { readWhole } from "./whole-file.ts";

const folder = mkdtempSync(join(tmpdir(), "retort-whole-"));
afterAll(() => rmSync(folder, { recursive: true }));

describe("readWhole", () => {
  it("reads a file, and refuses one that is too large before a byte of it is read", async () => {
    const path = join(folder, "weights.onnx");
    writeFileSync(path, "some bytes");
    expect((await readWhole(path)).toString()).toBe("some bytes");
    // A hole takes no room on the disk.
    truncateSync(path, LARGEST_FILE_BYTES + 1);
    await expect(readWhole(path)).rejects.toMatchObject({
      ...{ code: "DATA_FILE_TOO_LARGE", got: "2147483648 bytes", where: path },
      fix: expect.stringContaining("safetensors"),
    });
  });
});
