/**
 * @file Measures attention by mask, and writes the attention section of docs/support.md. A part of `npm run support`.
 */
import { expect, test } from "vitest";
import { groupings, measureMask, masks, type MaskCells } from "./attention.ts";
import { attentionSection } from "./attention-page.ts";
import { tables, writeSection } from "./page.ts";
import { kept } from "./results.ts";

const cellsOf = (mask: string): Promise<MaskCells> => kept(`attention ${mask}`, [], () => measureMask(masks[mask]!));

test.each(Object.keys(masks))("%s", { timeout: 3_600_000 }, async (mask) => {
  expect(JSON.stringify(await cellsOf(mask))).not.toContain("WRONG");
});

test("the page", { timeout: 3_600_000 }, async () => {
  const byMask = new Map<string, MaskCells>();
  for (const mask of Object.keys(masks)) byMask.set(mask, await cellsOf(mask));
  writeSection("attention", attentionSection(byMask));
  expect(tables("attention").map(({ rows }) => rows.length)).toEqual(Object.keys(groupings).map(() => byMask.size));
});
