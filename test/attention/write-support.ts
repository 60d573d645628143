/**
 * @file Writes the sections of docs/support.md: what `npm run support` runs.
 */
import { expect, test } from "vitest";
import { attentionSection } from "./support-attention.ts";
import { modelsSection } from "./support-models.ts";
import { writeSection } from "./support-page.ts";

const HOUR = 3_600_000;

test("models", { timeout: HOUR }, async () => {
  const text = await modelsSection();
  writeSection("models", text);
  expect(text).not.toContain("WRONG");
});

test("attention", { timeout: HOUR }, async () => {
  const text = await attentionSection();
  writeSection("attention", text);
  expect(text).not.toContain("WRONG");
});
