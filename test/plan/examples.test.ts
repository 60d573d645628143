/**
 * @file The plans that the package ships, and every example of the language's page, are read without a diagnostic.
 */
import { readdirSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { readParallelConfig, readPlanFile, readPlanText } from "../../compiler/plan/read.ts";

const shipped = readdirSync("plans").filter((name) => /\.plan\.(json|jsonc|ts)$/.test(name));

test.each(shipped)("plans/%s", async (name) => {
  const result = await readPlanFile(`plans/${name}`);
  expect(result).toMatchObject({ ok: true, diagnostics: [] });
});

const page = readFileSync("docs/plan-language.md", "utf8");
const blocks = [...page.matchAll(/^```(json|ts)\n([\s\S]*?)^```$/gm)].map(([, language = "", text = ""]) => ({
  name: `${language} from line ${page.slice(0, page.indexOf(text)).split("\n").length}`,
  language,
  text,
}));

test.each(blocks)("docs/plan-language.md: $name", async ({ language, text }) => {
  const isConfig = text.includes("context_parallel_config");
  const result = isConfig ? readParallelConfig(JSON.parse(text)) : await readPlanText(text, `example.plan.${language}`);
  expect(result).toMatchObject({ ok: true, diagnostics: [] });
});

test("the page has its examples", () => {
  expect(blocks.map(({ language }) => language)).toEqual(["json", "json", "json", "ts", "json", "json", "json"]);
});
