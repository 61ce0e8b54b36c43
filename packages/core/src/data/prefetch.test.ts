import { afterEach, describe, expect, it } from "vitest";
import { DataError } from "../base/errors.ts";
import { createPrefetcher, type Prefetcher, type PrefetchOptions } from "./prefetch.ts";

const open: Prefetcher[] = [];
function start(options: Partial<PrefetchOptions> = {}): Prefetcher {
  const module = new URL("./testing/counting-batches.ts", import.meta.url);
  const prefetcher = createPrefetcher({ module, options: { seed: 7 }, ...options });
  open.push(prefetcher);
  return prefetcher;
}
afterEach(async () => {
  await Promise.all(open.splice(0).map((prefetcher) => prefetcher.close()));
});

/** Keeps this thread busy until so many batches have been made, and gives their number. */
function blockUntil(counter: SharedArrayBuffer, count: number): number {
  const made = new Int32Array(counter);
  const deadline = performance.now() + 20_000;
  while (Atomics.load(made, 0) < count && performance.now() < deadline) {}
  return Atomics.load(made, 0);
}

describe("createPrefetcher", () => {
  it("gives batches in order, with their types", async () => {
    const batches = start();
    for (const index of [0, 1, 2, 3]) {
      expect(batches.cursor).toBe(index);
      const { ids, pixels } = await batches.next();
      expect(ids).toEqual({ dtype: "int64", shape: [2], data: BigInt64Array.of(7n, BigInt(index)) });
      expect(pixels?.data).toBeInstanceOf(Float32Array);
    }
  });

  it("continues at a cursor with the batches that an unbroken run would have seen", async () => {
    const whole = start();
    const unbroken = [];
    for (let step = 0; step < 5; step++) unbroken.push(await whole.next());
    const resumed = start({ start: 3 });
    expect([await resumed.next(), await resumed.next()]).toEqual(unbroken.slice(3));
  });

  it("serves several callers at once in order", async () => {
    const batches = start({ ahead: 1 });
    const given = await Promise.all([batches.next(), batches.next(), batches.next()]);
    expect(given.map(({ ids }) => ids?.data[1])).toEqual([0n, 1n, 2n]);
  });

  it("works while the main thread is blocked", async () => {
    const counter = new SharedArrayBuffer(4);
    const batches = start({ options: { seed: 7, counter }, ahead: 2 });
    await batches.next();
    expect(blockUntil(counter, 3)).toBe(3);
    expect((await batches.next()).ids?.data[1]).toBe(1n);
    expect((await batches.next()).ids?.data[1]).toBe(2n);
  });

  it("prepares no more than asked for", async () => {
    const counter = new SharedArrayBuffer(4);
    const batches = start({ options: { seed: 7, counter }, ahead: 3 });
    await batches.next();
    expect(blockUntil(counter, 4)).toBe(4);
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(blockUntil(counter, 4)).toBe(4);
  });

  it("passes a data error on with its fields, only when the run comes to it", async () => {
    const batches = start({ options: { seed: 7, failAt: 2 }, ahead: 8 });
    await batches.next();
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect((await batches.next()).ids?.data[1]).toBe(1n);
    const error: unknown = await batches.next().catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(DataError);
    expect(error).toMatchObject({ code: "DATA_EMPTY", where: "batch 2", message: "Nothing left; at batch 2" });
    await expect(batches.next()).rejects.toBe(error);
  });

  it("passes on a producer that cannot start, and a module that is not there", async () => {
    await expect(start({ options: { seed: 7, refuse: true } }).next()).rejects.toThrow("no producer today");
    await expect(start({ module: new URL("./testing/nothing.ts", import.meta.url) }).next()).rejects.toThrow(
      "nothing.ts",
    );
  });

  it("rejects what is waiting when it is aborted or closed", async () => {
    const controller = new AbortController();
    const aborted = start({ options: { seed: 7, workMs: 300 }, signal: controller.signal });
    const pending = aborted.next();
    controller.abort(new Error("cancelled by the user"));
    await expect(pending).rejects.toThrow("cancelled by the user");
    const closed = start({ options: { seed: 7, workMs: 300 } });
    const next = closed.next();
    const refused = expect(next).rejects.toThrow("closed");
    await closed.close();
    await refused;
  });
});
