/**
 * @file Infers, verifies and compares a plan for every committed export, and writes docs/inferred-plans.md: `npm run inferred`.
 */
import { writeFileSync } from "node:fs";
import { expect, test } from "vitest";
import { committedExports } from "../support/exports.ts";
import { inferredFor, schemes, TOO_FEW_HEADS } from "./inferred.ts";
import { inferredPage, pageOf, type Row } from "./page.ts";

const rows: Row[] = [];

test.each(committedExports())("$file", { timeout: 600_000 }, async (source) => {
  const row = { source, ...(await inferredFor(source, schemes)) };
  rows.push(row);
  const numbers = row.cells.filter((cell) => cell !== TOO_FEW_HEADS).map(Number);
  expect(
    numbers.every((number) => number < 1e-4),
    row.cells.join(),
  ).toBe(true);
});

test("the page", () => {
  expect(rows).toHaveLength(committedExports().length);
  writeFileSync(inferredPage, pageOf(rows));
});
