import { expect, it } from "vitest";
import { table } from "./table.ts";

it("aligns columns, numbers to the right, without rules or trailing spaces", () => {
  expect(
    table(
      ["NAME", "SEEDS", "RESULT"],
      [
        ["a", 1, "x"],
        ["longer", 12, null],
      ],
    ),
  ).toBe(["NAME    SEEDS  RESULT", "a           1  x", "longer     12  -"].join("\n"));
});
