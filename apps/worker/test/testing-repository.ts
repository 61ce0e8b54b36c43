import { execFile } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";

const run = promisify(execFile);

/** A git repository of one's own with one commit of `source.ts`. */
export class TestRepository {
  readonly dir: string;

  static async make(): Promise<TestRepository> {
    const repository = new TestRepository(await mkdtemp(join(tmpdir(), "retort-repository-")));
    await repository.git("init", "--quiet");
    await repository.write("source.ts", "export const rate = 1;\n");
    await repository.write(".gitignore", "ignored\n");
    await repository.git("add", ".");
    await repository.commit();
    return repository;
  }

  private constructor(dir: string) {
    this.dir = dir;
  }

  /** Of what is in the index. */
  async commit(): Promise<void> {
    await this.git("-c", "user.name=test", "-c", "user.email=test@localhost", "commit", "--quiet", "-m", "change");
  }

  write(name: string, content: string | Uint8Array): Promise<void> {
    return writeFile(join(this.dir, name), content);
  }

  async git(...args: string[]): Promise<string> {
    return (await run("git", args, { cwd: this.dir })).stdout.trim();
  }

  async remove(): Promise<void> {
    await rm(this.dir, { recursive: true, force: true });
  }
}
