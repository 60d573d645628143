/**
 * @file Golden cases of plan files: every file in cases/ is read, and what a user sees is in a `.txt` of the same name. `.invalid` in the
 * name means that there are errors. `npx vitest run test/plan -u` rewrites them.
 */
import { readdirSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { printPlan } from "../../compiler/plan/print.ts";
import { readParallelConfigFile, readPlanFile } from "../../compiler/plan/read.ts";
import { caseFiles, expectedFile, folder, show } from "./golden.ts";

const plans = caseFiles(/\.plan\.(json|jsonc|ts)$/);
const configs = caseFiles(/\.config\.(json|jsonc)$/);

describe("plans", () => {
  test.each(plans)("%s", async (name) => {
    const result = await readPlanFile(`${folder}/${name}`);
    await expect(show(result, printPlan)).toMatchFileSnapshot(`cases/${expectedFile(name)}`);
    expect(result.ok).toBe(!name.includes(".invalid."));
  });
});

describe("parallel configs", () => {
  test.each(configs)("%s", async (name) => {
    const result = await readParallelConfigFile(`${folder}/${name}`);
    const print = (value: unknown): string => `${JSON.stringify(value)}\n`;
    await expect(show(result, print)).toMatchFileSnapshot(`cases/${expectedFile(name)}`);
    expect(result.ok).toBe(!name.includes(".invalid."));
  });
});

test("every expectation has its case", () => {
  const known = new Set([...plans, ...configs].map(expectedFile));
  const orphans = readdirSync(folder).filter((name) => name.endsWith(".txt") && !known.has(name));
  expect(orphans).toEqual([]);
});
