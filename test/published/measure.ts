/**
 * @file Checks every published plan on every export of its class and writes docs/published-plans.md: `npm run published-plans`.
 */
import { writeFileSync } from "node:fs";
import { expect, test } from "vitest";
import { cases } from "./inputs.ts";
import { pageOf, publishedPage, type Row } from "./page.ts";
import { rowOf } from "./row.ts";

const rows: Row[] = [];

test.each(cases())("$source.project $published.class $file", { timeout: 600_000 }, async (one) => {
  const row = await rowOf(one, true);
  expect(row.verdicts.every(({ shipped }) => shipped.ok)).toBe(true);
  rows.push(row);
});

test("the page", () => {
  expect(rows).toHaveLength(cases().length);
  writeFileSync(publishedPage, pageOf(rows));
});
