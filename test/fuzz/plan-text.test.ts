/**
 * @file Whatever the text of a plan: a plan or diagnostics, never an exception and never a hang.
 */
import { readFileSync } from "node:fs";
import * as fc from "fast-check";
import { test } from "vitest";
import { readPlanText } from "../../compiler/plan/read.ts";
import { plans } from "../plan/arbitraries.ts";
import { faultsOf } from "./answers.ts";
import { fuzz, TIMEOUT } from "./budget.ts";

const real = ["flux", "qwenimage", "helios", "wan"].map((name) =>
  readFileSync(new URL(`../../plans/${name}.plan.json`, import.meta.url), "utf8"),
);
const words = [
  "split_dim",
  "gather_dim",
  "expected_dims",
  "split_output",
  "value",
  "*",
  "..",
  "__proto__",
  "constructor",
  "toString",
  "-1",
  "1e400",
  "1.5",
  "99999999999999999999",
  "null",
  "true",
  "{",
  "}",
  "[",
  "]",
  ",",
  ":",
  '"',
  "//",
  "/*",
  "\\u0000",
  "\ufeff",
  "0",
  "00",
];
const piece = fc.oneof(
  fc.constantFrom(...words),
  fc.string({ unit: "binary", maxLength: 6 }),
  fc.string({ maxLength: 6 }),
);

/** A real plan with parts replaced. */
const damaged = fc
  .tuple(fc.constantFrom(...real), fc.array(fc.tuple(fc.nat(), fc.nat(30), piece), { minLength: 1, maxLength: 4 }))
  .map(([text, edits]) =>
    edits.reduce((now, [at, length, by]) => {
      const from = at % (now.length + 1);
      return now.slice(0, from) + by + now.slice(from + length);
    }, text),
  );

/** Bytes taken as text; JSON of any shape; words of the language in any order; plans with the odd word. */
const texts = fc.oneof(
  damaged,
  fc.json({ maxDepth: 6 }),
  fc.array(piece, { maxLength: 40 }).map((pieces) => pieces.join(" ")),
  fc.uint8Array({ maxLength: 200 }).map((bytes) => new TextDecoder().decode(bytes)),
  plans.map((plan) => JSON.stringify(plan)),
  fc.nat({ max: 5000 }).map((depth) => "[".repeat(depth) + '{"a":'.repeat(depth)),
);

test("any text of a JSON plan is answered", { timeout: TIMEOUT }, () =>
  fuzz(
    "plan texts",
    fc.tuple(texts, fc.constantFrom("a.plan.json", "a.plan.jsonc")),
    { short: 1500, long: 100_000 },
    async ([text, name]) => {
      const { ok, diagnostics } = await readPlanText(text, name);
      return faultsOf(ok, diagnostics, "CP1");
    },
  ),
);

const typescript = fc
  .tuple(
    fc.oneof(damaged, texts),
    fc.constantFrom(
      "export default ",
      'import { definePlan } from "onnx-context-parallel";\nexport default definePlan(',
      "",
    ),
  )
  .map(([text, before]) => before + text + (before.endsWith("(") ? ");" : ";"));

test("any text of a TypeScript plan is answered", { timeout: TIMEOUT }, () =>
  fuzz("TypeScript plan texts", typescript, { short: 60, long: 3000 }, async (text) => {
    const { ok, diagnostics } = await readPlanText(text, "a.plan.ts");
    return faultsOf(ok, diagnostics, "CP1");
  }),
);
