import { Readable } from "node:stream";
import { describe, expect, it } from "vitest";
import { eachLine, OutputTail } from "./output-tail.ts";

async function linesOf(chunks: Buffer[]): Promise<string[]> {
  const lines: string[] = [];
  const stream = Readable.from(chunks);
  eachLine(stream, (line) => void lines.push(line));
  await new Promise((resolve) => stream.on("close", resolve));
  return lines;
}

describe("eachLine", () => {
  it("joins what chunks cut apart, characters too, and gives the last line without its end", async () => {
    const bytes = Buffer.from("first\nGröße 漢字\r\n\n1 %\r2 %\nlast");
    const chunks = Array.from(bytes, (byte) => Buffer.from([byte]));
    expect(await linesOf(chunks)).toEqual(["first", "Größe 漢字", "", "2 %", "last"]);
  });

  it("takes an endless line in pieces and loses none of it", async () => {
    const lines = await linesOf(Array.from({ length: 30 }, () => Buffer.alloc(1_000, "x")));
    expect(lines.every((line) => line.length <= 4_000)).toBe(true);
    expect(lines.join("")).toHaveLength(30_000);
  });
});

describe("eachLine with a slow reader", () => {
  it("reads on only when what it has is stored", async () => {
    let numRead = 0;
    const stream = Readable.from(
      (function* () {
        for (numRead = 0; numRead < 1_000; numRead++) yield Buffer.from(`${numRead}\n`);
      })(),
      { objectMode: true, highWaterMark: 1 },
    );
    const lines: string[] = [];
    let store = () => {};
    eachLine(stream, (line) => {
      lines.push(line);
      return new Promise((resolve) => {
        store = resolve;
      });
    });
    await expect.poll(() => lines.length).toBe(1);
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(lines).toHaveLength(1);
    expect(numRead).toBeLessThan(5);
    store();
    await expect.poll(() => lines.length).toBe(2);
  });
});

describe("OutputTail", () => {
  it("keeps the last lines", () => {
    const tail = new OutputTail(3);
    for (const line of ["1", "2", "3", "4"]) tail.add(line);
    expect(tail.text()).toBe("2\n3\n4");
  });
});
