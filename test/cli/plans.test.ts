/**
 * @file Every kind of mistake in a plan, as `check` reports it: one plan in `cases/` with the text and the exit code in a file next to it.
 */
import { readdirSync } from "node:fs";
import { expect, test } from "vitest";
import { main } from "../../cli/cli.ts";
import { capture } from "./capture.ts";

const model = "test/fixtures/flux/flux.dynamo18-dynamic.onnx";
const files = readdirSync(new URL("cases", import.meta.url));
const plans = files.filter((name) => name.includes(".plan."));
/** Options that make a good plan wrong. */
const options: Readonly<Record<string, readonly string[]>> = {
  "degree-that-does-not-fit": ["--ulysses-degree", "5"],
};

const stem = (name: string): string => name.replace(/\..*$/, "");

test("every case has its text, and every text its case", () => {
  const texts = files.filter((name) => name.endsWith(".txt"));
  expect(texts.map(stem).sort()).toEqual(plans.map(stem).sort());
  expect(plans.length).toBeGreaterThanOrEqual(10);
});

test.for(plans)("%s", async (name) => {
  const io = capture();
  const plan = `test/cli/cases/${name}`;
  const extra = options[stem(name)] ?? ["--ulysses-degree", "2"];
  const exitCode = await main(["check", plan, "--model", model, ...extra], io);
  expect(io.stderr()).toMatch(/^ {2}at test\/cli\/cases\/\S+:\d+:\d+$/m);
  await expect(`${io.stderr()}${io.stdout()}exit code ${exitCode}\n`).toMatchFileSnapshot(`cases/${stem(name)}.txt`);
  expect(exitCode).toBe(1);
});

test("as JSON the diagnostics have code, file, line and column", async () => {
  const io = capture();
  const plan = "test/cli/cases/misspelt-parameter.plan.json";
  expect(await main(["check", plan, "--model", model, "--format", "json"], io)).toBe(1);
  expect(io.stderr()).toBe("");
  const { ok, diagnostics } = JSON.parse(io.stdout()) as { ok: boolean; diagnostics: readonly { severity: string }[] };
  expect(ok).toBe(false);
  expect(diagnostics.filter(({ severity }) => severity === "error")).toMatchObject([
    { code: "CP3003", file: plan, start: { line: 5, column: 5 }, end: { line: 5, column: 14 } },
  ]);
});
