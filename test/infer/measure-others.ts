/**
 * @file Infers and verifies a plan for every export in the folder `OTHERS`, and writes docs/other-models.md: `npm run inferred:others`.
 */
import { writeFileSync } from "node:fs";
import { expect, test } from "vitest";
import { othersPage, othersPageOf } from "./others-page.ts";
import { othersIn, tried, type Tried } from "./others.ts";

const folder = process.env["OTHERS"];
if (folder === undefined) throw new Error("OTHERS is not set: the folder that tools/export_others.py has written");

const others = othersIn(folder);
const rows: Tried[] = [];

test.each(others)("$name", { timeout: 600_000 }, async (other) => {
  const row = await tried(other, folder);
  rows.push(row);
  // A refusal is a row of the table; a wrong value is a defect.
  expect([...row.cells, ...(row.shipped?.cells ?? [])].filter((cell) => cell.startsWith("WRONG"))).toEqual([]);
});

test("the page", () => {
  expect(rows).toHaveLength(others.length);
  writeFileSync(othersPage, othersPageOf(rows));
});
