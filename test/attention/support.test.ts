/**
 * @file docs/support.md lists every scheme and every committed export, and no cell of it is wrong.
 */
import { expect, test } from "vitest";
import { committedExports } from "../support/exports.ts";
import { schemeName, schemes } from "./schemes.ts";
import { readSection } from "./support-page.ts";

test("the attention section has every scheme, and numbers as small as rounding", () => {
  const section = readSection("attention");
  const titles = section
    .split("\n")
    .filter((line) => line.startsWith("### "))
    .map((line) => line.slice(4));
  expect(titles).toEqual(schemes.map(schemeName));
  const cells = section.match(/\S+ \/ \S+/g) ?? [];
  expect(cells.length).toBeGreaterThan(500);
  for (const cell of cells) for (const x of cell.split(" / ")) expect(Number(x), cell).toBeLessThan(1e-5);
});

test("the models section has every export, and nothing wrong in it", () => {
  const rows = readSection("models")
    .split("\n")
    .filter((line) => line.startsWith("| "))
    .map((line) => line.split("|").map((x) => x.trim()));
  const listed = new Set(rows.map(([, model, exporter]) => `${model} ${exporter}`));
  expect(committedExports().filter(({ model, exporter }) => !listed.has(`${model} ${exporter}`))).toEqual([]);
  expect(rows.flat()).not.toContain("WRONG");
});
