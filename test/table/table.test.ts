/**
 * @file docs/support.md has every scheme, every committed export, and for each model a row or a reason for every exporter and kind of
 * length; no cell of it is wrong, and every refusal is explained.
 */
import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { schemeName, schemes } from "../attention/schemes.ts";
import { committedExports } from "../support/exports.ts";
import { exporters } from "./absent.ts";
import { groupings, masks } from "./attention.ts";
import { batchSchemes, modelSchemes } from "./models.ts";
import { supportPage, tables } from "./page.ts";

const CODE = /^CP\d{4}$/;

function expectCell(cell: string, simulator: number, run: number): void {
  if (CODE.test(cell)) return;
  const [bySimulator, byRun, ...more] = cell.split(" / ").map(Number);
  expect(more, cell).toEqual([]);
  expect(bySimulator, cell).toBeLessThan(simulator);
  expect(byRun, cell).toBeLessThan(run);
}

describe("models", () => {
  const found = tables("models");

  test("every export has a row, in every scheme", () => {
    const names = modelSchemes.map(schemeName);
    for (const { head } of found) expect(head).toEqual(["exporter", "lengths; split", ...names, "torch"]);
    const listed = new Set(found.flatMap(({ title, rows }) => rows.map(([exporter]) => `${title} ${exporter}`)));
    expect(new Set(committedExports().map(({ model, exporter }) => `${model} ${exporter}`))).toEqual(listed);
  });

  test("every cell has two small numbers or a code", () => {
    for (const { rows } of found)
      for (const row of rows) {
        expect(row).toHaveLength(modelSchemes.length + 3);
        for (const cell of row.slice(2, -1)) expectCell(cell, 1e-4, 1e-4);
        expect(Number(row.at(-1))).toBeLessThan(1e-3);
      }
  });

  test.each(exporters)("every model has even and uneven rows or a reason: %s", (exporter) => {
    for (const { title, rows, rest } of found) {
      const own = rows.filter(([name]) => name === exporter).map(([, lengths = ""]) => lengths);
      for (const parity of ["even", "uneven"]) {
        const shown = own.some((lengths) => lengths.endsWith(", even") === (parity === "even"));
        const reasons = rest.filter((line) =>
          [`- ${exporter}: `, `- ${exporter}, ${parity}: `].some((x) => line.startsWith(x)),
        );
        expect(reasons, `${title}, ${exporter}, ${parity}`).toHaveLength(shown ? 0 : 1);
      }
    }
  });
});

describe("batch", () => {
  const [found] = tables("batch");

  test("every family has a row, in every scheme", () => {
    expect(found?.head).toEqual(["model", "exporter", "lengths", ...batchSchemes.map(schemeName), "torch"]);
    const models = new Set(found?.rows.map(([model]) => model));
    const families = new Set(committedExports().flatMap(({ model, family }) => (models.has(model) ? [family] : [])));
    expect(families).toEqual(new Set(committedExports().map(({ family }) => family)));
  });

  test("every cell has two small numbers", () => {
    for (const row of found?.rows ?? []) {
      expect(row).toHaveLength(batchSchemes.length + 4);
      for (const cell of row.slice(3, -1)) expectCell(cell, 1e-4, 1e-4);
      expect(row.slice(3, -1).filter((cell) => CODE.test(cell))).toEqual([]);
    }
  });
});

describe("attention", () => {
  const found = tables("attention");

  test("every grouping of heads, mask and scheme", () => {
    expect(found.map(({ title }) => title)).toEqual(Object.keys(groupings));
    for (const { head, rows } of found) {
      expect(head).toEqual(["mask", ...schemes.map(schemeName)]);
      expect(rows.map(([mask]) => mask)).toEqual(Object.keys(masks));
    }
  });

  test("every cell has two numbers as small as rounding, or a code", () => {
    for (const { rows } of found)
      for (const [, ...cells] of rows) {
        expect(cells).toHaveLength(schemes.length);
        for (const cell of cells) expectCell(cell, 1e-5, 1e-5);
      }
  });
});

test("every code in a cell is explained on the page", () => {
  const page = readFileSync(supportPage, "utf8");
  const cells = [...tables("models"), ...tables("attention")].flatMap(({ rows }) => rows.flat());
  const codes = new Set(cells.filter((cell) => CODE.test(cell)));
  for (const code of codes) expect(page).toMatch(new RegExp(`^- ${code}: \\S`, "m"));
});
