/**
 * @file Every guarantee of SECURITY.md names a test that exists.
 */
import { existsSync } from "node:fs";
import { expect, test } from "vitest";
import { read } from "./sources.ts";

/** The last cell of each row of the table: a file, and the title of a test in it. */
const CELL = /^`(test\/[^`]+\.test\.ts)`: (.+)$/;

function rows(): readonly (readonly string[])[] {
  const lines = read("SECURITY.md").split("\n");
  const start = lines.indexOf("| input | guarantee | test |");
  const end = lines.indexOf("", start);
  return lines.slice(start + 2, end).map((line) =>
    line
      .split("|")
      .slice(1, -1)
      .map((cell) => cell.trim()),
  );
}

test("each row has a guarantee, and a test of that title", () => {
  const all = rows();
  expect(all.length).toBeGreaterThan(20);
  const wrong = all.filter(([input, guarantee, cell, ...others]) => {
    const [, file = "", title = ""] = CELL.exec(cell ?? "") ?? [];
    const isTest = existsSync(file) && read(file).includes(`"${title}"`);
    return input === undefined || guarantee === undefined || others.length > 0 || !isTest;
  });
  expect(wrong).toEqual([]);
});
