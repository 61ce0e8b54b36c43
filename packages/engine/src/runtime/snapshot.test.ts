import { describe, expect, it } from "vitest";
import { ModelError } from "../errors.ts";
import { tensor } from "../graph/tensor.ts";
import { decodeSnapshot, encodeSnapshot } from "./snapshot.ts";

const snapshot = {
  tensors: new Map([
    ["a", tensor("float32", [2, 2], [1, -0, Number.NaN, 3e-42])],
    ["b", tensor("int64", [], [-(2 ** 40)])],
    ["empty", tensor("uint8", [0, 3], [])],
    ["c", tensor("float16", [3], [1, 2, 65504])],
  ]),
  metadata: { step: "12", note: "ü" },
};

describe("snapshot", () => {
  it("gives back every bit", () => {
    expect(decodeSnapshot(encodeSnapshot(snapshot))).toEqual(snapshot);
  });

  it("is laid out as safetensors: header length, JSON, aligned data", () => {
    const bytes = encodeSnapshot(snapshot);
    const length = Number(new DataView(bytes.buffer).getBigUint64(0, true));
    expect(length % 8).toBe(0);
    const header = JSON.parse(new TextDecoder().decode(bytes.subarray(8, 8 + length)));
    expect(header.a).toEqual({ dtype: "F32", shape: [2, 2], data_offsets: [0, 16] });
    expect(header.__metadata__.step).toBe("12");
    expect([...new Float32Array(bytes.slice(8 + length, 8 + length + 4).buffer)]).toEqual([1]);
  });

  it("refuses what is cut short or something else", () => {
    const bytes = encodeSnapshot(snapshot);
    for (const broken of [
      bytes.subarray(0, 5),
      bytes.subarray(0, 40),
      bytes.subarray(0, bytes.length - 1),
      new Uint8Array(64),
    ])
      expect(() => decodeSnapshot(broken)).toThrow(ModelError);
  });
});
