/**
 * @file Every code of the catalogue has an example that triggers it, and docs/errors.md shows them. `npm run errors` writes the page.
 */
import { existsSync } from "node:fs";
import { expect, test } from "vitest";
import { renderDiagnostics } from "../../compiler/diagnostics/render.ts";
import { readCatalogue } from "./catalogue.ts";
import { printed, runExample } from "./example.ts";
import { examples } from "./examples/index.ts";
import { pageOf, type Section } from "./page.ts";

const entries = await readCatalogue();
const sections: Section[] = [];

test("every code has one example, one title in the form of a noun phrase, and a place in the order", () => {
  const codes = entries.map(({ code }) => code);
  expect(new Set(codes).size).toBe(codes.length);
  expect(Object.keys(examples).toSorted()).toEqual(codes);
  for (const { title } of entries) expect(title).toMatch(/^([A-Z]|split_output)/);
});

test.each(entries)("$code: $title", async (entry) => {
  const example = examples[entry.code];
  if (example === undefined) throw new Error(`${entry.code} has no example`);
  const text = await runExample(example, (diagnostics) => {
    const found = diagnostics.find(({ code }) => code === entry.code);
    if (found === undefined) throw new Error(`the example gives ${renderDiagnostics(diagnostics) || "nothing"}`);
    expect(found.severity).toBe(entry.severity);
    return printed(found);
  });
  sections.push({ entry, example, printed: text });
  expect(text).not.toMatch(/undefined|\[object|\n {4}at \w+ \(/);
});

test("docs/errors.md is current", async () => {
  expect(existsSync("docs/errors.md")).toBe(true);
  await expect(pageOf(sections)).toMatchFileSnapshot("../../docs/errors.md");
});
