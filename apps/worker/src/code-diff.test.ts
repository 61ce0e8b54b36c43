import { createHash } from "node:crypto";
import { mkdir, mkdtemp, readFile, rm, stat, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { TestRepository } from "../test/testing-repository.ts";
import { maxDiffBytes, readCodeDiff } from "./code-diff.ts";

let repository: TestRepository;
beforeEach(async () => {
  repository = await TestRepository.make();
});
afterEach(() => repository.remove());

const picture = Uint8Array.from({ length: 300 }, (_, index) => (index * 7) % 256);

describe("readCodeDiff", () => {
  it("tells the commit, and that nothing differs from it", async () => {
    const commit = await repository.git("rev-parse", "HEAD");
    await repository.write("ignored", "a log");
    expect(await readCodeDiff(repository.dir)).toEqual({ commit, sha256: null, sizeBytes: 0, content: null });
  });

  it("holds what was edited, staged and added, so that the commit and it give the same files", async () => {
    await repository.write("source.ts", "export const rate = 2;\n");
    await repository.write("staged.ts", "export {};\n");
    await repository.git("add", "staged.ts");
    await mkdir(join(repository.dir, "deep"));
    const names = ["deep/new.ts", ":(odd) *name.ts", "picture.png"];
    for (const name of names) await repository.write(name, name.endsWith("png") ? picture : `// ${name}\n`);
    await repository.write("ignored", "a log");
    const { sha256, sizeBytes, content } = (await readCodeDiff(repository.dir))!;
    expect(content!.byteLength).toBe(sizeBytes);
    expect(createHash("sha256").update(content!).digest("hex")).toBe(sha256);

    const clone = await mkdtemp(join(tmpdir(), "retort-clone-"));
    try {
      await repository.git("clone", "--quiet", ".", clone);
      const patch = join(repository.dir, "ignored");
      await writeFile(patch, content!);
      await repository.git("-C", clone, "apply", patch);
      for (const name of ["source.ts", "staged.ts", ...names]) {
        expect(await readFile(join(clone, name))).toEqual(await readFile(join(repository.dir, name)));
      }
    } finally {
      await rm(clone, { recursive: true, force: true });
    }
  });

  it("sees a change of the same size in the second of the commit, however much later it looks", async () => {
    const { mtime } = await stat(join(repository.dir, ".git/index"));
    const text = await readFile(join(repository.dir, "source.ts"), "utf8");
    await repository.write("source.ts", text.replace(/\d/, "9"));
    await utimes(join(repository.dir, "source.ts"), mtime, mtime);
    await sleep(1_100);
    const { content } = (await readCodeDiff(repository.dir))!;
    expect(Buffer.from(content ?? []).toString()).toContain("= 9;");
  });

  it("leaves no trace in the repository", async () => {
    await repository.write("source.ts", "export const rate = 2;\n");
    await repository.write("new.ts", "export {};\n");
    const state = async () => [
      await readFile(join(repository.dir, ".git/index"), "hex"),
      await repository.git("count-objects", "-v"),
    ];
    const before = await state();
    await readCodeDiff(repository.dir);
    expect(await state()).toEqual(before);
    expect(await repository.git("status", "--porcelain")).toBe("M source.ts\n?? new.ts");
  });

  it("is told by its hash alone when it is too large, by tracked files or by others", async () => {
    const large = Buffer.alloc(maxDiffBytes, "abcdefg\n");
    await repository.write("source.ts", large);
    const tracked = await readCodeDiff(repository.dir);
    expect(tracked).toMatchObject({ sha256: expect.stringMatching(/^[0-9a-f]{64}$/), content: null });
    expect(tracked!.sizeBytes).toBeGreaterThan(maxDiffBytes);
    await repository.git("checkout", "source.ts");
    await repository.write("data", Buffer.concat([large, large]));
    const others = await readCodeDiff(repository.dir);
    expect(others).toMatchObject({ sizeBytes: 2 * maxDiffBytes, content: null });
    await repository.write("data", Buffer.concat([large, large, large]));
    expect((await readCodeDiff(repository.dir))!.sha256).not.toBe(others!.sha256);
  });

  it("is nothing outside of a repository", async () => {
    const dir = await mkdtemp(join(tmpdir(), "retort-archive-"));
    expect(await readCodeDiff(dir)).toBeNull();
    await rm(dir, { recursive: true });
  });

  it("says what git says when git fails", async () => {
    await repository.write(".git/index", "no index");
    await expect(readCodeDiff(repository.dir)).rejects.toMatchObject({
      code: "GIT_FAILED",
      message: expect.stringMatching(/index file/),
      where: repository.dir,
    });
  });
});
