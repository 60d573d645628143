/**
 * @file The table of limits in the documentation matches the code.
 */
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { limits } from "../../compiler/limits/limits.ts";

test("docs/plan-language.md has every bound with its reason", () => {
  const rows = Object.values(limits).map(
    ({ most, what, why }) => `| ${most.toLocaleString("en")} | ${what} | ${why} |`,
  );
  const page = readFileSync("docs/plan-language.md", "utf8");
  expect(page.split("\n").filter((line) => rows.includes(line))).toEqual(rows);
});
