/**
 * @file Infers and verifies a plan for every converted export in the folder `FORMS`, and writes the table of docs/other-exports.md:
 * `npm run inferred:forms`.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { expect, test } from "vitest";
import type { MeshName } from "../support/meshes.ts";
import { formsPage, withForms } from "./forms-page.ts";
import { othersIn, tried, type Tried } from "./others.ts";

/** Where conversions differ: heads, merged parts, and both. */
const schemes: readonly MeshName[] = ["ulysses 2", "rotating ring 2", "unified 2 x 2"];

const folder = process.env["FORMS"];
if (folder === undefined) throw new Error("FORMS is not set: the folder that tools/convert_exports.py has written");

const files = othersIn(folder);
const rows: Tried[] = [];

test.each(files)("$name", { timeout: 600_000 }, async (file) => {
  const row = await tried(file, folder, schemes);
  rows.push(row);
  // A refusal is counted in the table; a wrong value is a defect.
  expect(row.cells.filter((cell) => cell.startsWith("WRONG"))).toEqual([]);
});

test("the table", () => {
  expect(rows).toHaveLength(files.length);
  writeFileSync(formsPage, withForms(readFileSync(formsPage, "utf8"), rows));
});
