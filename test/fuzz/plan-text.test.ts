/**
 * @file Any text of a plan gives a plan or diagnostics, never an exception, never a hang, and nothing in it is ever executed.
 */
import { readFileSync, readdirSync } from "node:fs";
import * as fc from "fast-check";
import { test } from "vitest";
import { firstOf, renderDiagnostics } from "../../compiler/diagnostics/render.ts";
import { limits } from "../../compiler/limits/limits.ts";
import { readParallelConfig, readPlanText, readPlanValue } from "../../compiler/plan/read.ts";
import { plans } from "../plan/arbitraries.ts";
import { CRASHES, faultsOf } from "./answers.ts";
import { fuzz, TIMEOUT } from "./budget.ts";
import { oddNames } from "./words.ts";

function textsIn(folder: string, ending: string): readonly string[] {
  const path = new URL(folder, import.meta.url);
  const names = readdirSync(path).filter((name) => name.endsWith(ending));
  return names.map((name) => readFileSync(new URL(name, path), "utf8"));
}

const real = [...textsIn("../../plans/", ".plan.json"), ...textsIn("../plan/cases/", ".plan.jsonc")];
const realTypescript = textsIn("../plan/cases/", ".plan.ts");

const words = [
  ..."split_dim gather_dim expected_dims split_output value * .. true null { } [ ] , : // /* */".split(" "),
  ..."-1 -0 1e400 1.5 0x1 99999999999999999999 1e-400 00 0 +1".split(" "),
  "\\u0000",
  "\\ud800",
  "\\",
  "\ufeff",
  "\u2028",
  '"',
  "'",
  "`",
  "\n",
  "\t",
  "\0",
  ...oddNames,
];
const piece = fc.oneof(
  fc.constantFrom(...words),
  fc.string({ unit: "binary", maxLength: 6 }),
  fc.string({ maxLength: 6 }),
);
const edits = fc.array(fc.tuple(fc.nat(), fc.nat(30), piece), { minLength: 1, maxLength: 4 });

/** A text with parts replaced, or repeated elsewhere. */
function damaged(texts: readonly string[]): fc.Arbitrary<string> {
  return fc.tuple(fc.constantFrom(...texts), edits, fc.boolean()).map(([text, list, repeats]) =>
    list.reduce((now, [at, length, by]) => {
      const from = at % (now.length + 1);
      const taken = now.slice(from, from + length);
      return now.slice(0, from) + (repeats ? taken + by + taken : by) + now.slice(from + length);
    }, text),
  );
}

/** Keys that are repeated, or that objects bring along, with values of the language. */
const spec = fc.constantFrom(
  '{ "split_dim": 1 }',
  '{ "gather_dim": 1 }',
  '[{ "split_dim": 0 }, null]',
  '{ "split_dim": 1, "split_dim": 2 }',
  '{ "__proto__": { "split_dim": 1 } }',
  "1e999",
  "[]",
  "{}",
);
const keyed = fc
  .array(fc.tuple(fc.constantFrom(...oddNames, "a", "a.b", "$schema", "$comment"), spec), { maxLength: 6 })
  .map((entries) => `{${entries.map(([key, value]) => `${JSON.stringify(key)}: ${value}`).join(", ")}}`);

const nested = fc
  .tuple(fc.constantFrom("[", '{"a":', '{"a":[', "/*", "//\n", '["a",', "-"), fc.nat({ max: 6000 }))
  .map(([opening, depth]) => opening.repeat(depth));

/** Something small, many times: on one line or on several, with the same keys or with others, right or wrong. */
const repeated = fc
  .tuple(
    fc.constantFrom(
      '"b#":{"gather_dim":1}',
      '"b":{"gather_dim":1}',
      '"b#":{"gather_dims":1}',
      '"b#":{"x":{}}',
      '"b#":[{"x":1},{"y":2}]',
      '"*.#":{"x#":{"split_dim":1}}',
      '"b#":{}',
      "x",
      "1",
      "[",
      ",",
    ),
    fc.constantFrom(",", ",\n", "", " "),
    fc.constantFrom(["{", "}"], ["[", "]"], ['{"a":{', "}}"], ['{"a":[', "]}"], ['{"a":{"x":[', "]}}"]),
    fc.constantFrom(10, 500, 5_000, 20_000, 200_000),
  )
  .map(([part, between, [open = "", close = ""], count]) => {
    const parts = Array.from({ length: count }, (_, i) => part.replaceAll("#", String(i)));
    return `${open}${parts.join(between)}${close}`;
  });

/** Bytes taken as text; JSON of any shape; words of the language in any order; plans with the odd word. */
const texts = fc.oneof(
  { weight: 6, arbitrary: damaged(real) },
  { weight: 3, arbitrary: fc.json({ maxDepth: 6 }) },
  { weight: 3, arbitrary: fc.array(piece, { maxLength: 40 }).map((pieces) => pieces.join(" ")) },
  { weight: 2, arbitrary: fc.uint8Array({ maxLength: 200 }).map((bytes) => new TextDecoder().decode(bytes)) },
  { weight: 2, arbitrary: plans.map((plan) => JSON.stringify(plan)) },
  { weight: 3, arbitrary: keyed },
  { weight: 1, arbitrary: nested },
);

test("any text of a JSON plan is answered", { timeout: TIMEOUT }, () =>
  fuzz(
    "plan texts",
    fc.tuple(texts, fc.constantFrom("a.plan.json", "a.plan.jsonc")),
    { short: 800, long: 110_000 },
    async ([text, name]) => {
      const { ok, diagnostics } = await readPlanText(text, name);
      return faultsOf(ok, diagnostics, "CP1");
    },
  ),
);

test("plans of any size are answered, and their diagnostics printed", { timeout: TIMEOUT }, () =>
  fuzz(
    "repeated parts",
    fc.tuple(repeated, fc.constantFrom("a.plan.json", "a.plan.jsonc")),
    { short: 25, long: 2_000 },
    async ([text, name]) => {
      const { ok, diagnostics } = await readPlanText(text, name);
      renderDiagnostics(firstOf(diagnostics, limits.diagnostics.most).shown, { read: () => text });
      return faultsOf(ok, diagnostics, "CP1");
    },
  ),
);

const before = ["export default ", 'import { definePlan } from "onnx-context-parallel";\nexport default definePlan('];

/** Expressions that grow by their number of terms, brackets, elements, steps or errors. */
const grown = fc
  .tuple(
    fc.constantFrom(
      (n: number) => `${"a + ".repeat(n)}a`,
      (n: number) => `[${"a, ".repeat(n)}]`,
      (n: number) => `[${"b, ".repeat(n)}]`,
      (n: number) => "(".repeat(n) + "a" + ")".repeat(n),
      (n: number) => "[".repeat(n) + "a" + "]".repeat(n),
      (n: number) => "a ? b : ".repeat(n) + "a",
      (n: number) => "`${".repeat(n) + "a" + "}`".repeat(n),
      (n: number) => `${"!".repeat(n)}a`,
      (n: number) => `a${".b".repeat(n)}`,
      (n: number) => `f${"()".repeat(n)}`,
      (n: number) => `Array.from({ length: ${n} }, (_, i) => Array.from({ length: ${n} }, (_, j) => i + j))`,
      (n: number) => `Array.from({ length: ${n} }, (_, i) => i.a)`,
      (n: number) => `Array.from({ length: ${n} }).join("abcdefgh").includes("b")`,
      (n: number) => `((f: unknown) => f(f))((f: unknown) => ${"f(f) + ".repeat(Math.min(n, 100))}1)`,
    ),
    fc.constantFrom(10, 300, 900, 3_000, 30_000, 200_000),
  )
  .map(([make, count]) => `const a = 1;\n${before[1]}{ x: { gather_dim: ${make(count)} } });`);

test("TypeScript plans of any size are answered", { timeout: TIMEOUT }, () =>
  fuzz("grown TypeScript", grown, { short: 20, long: 1_000 }, async (text) => {
    const { ok, diagnostics } = await readPlanText(text, "a.plan.ts");
    return faultsOf(ok, diagnostics, "CP1", CRASHES);
  }),
);

test("any value is answered, as a plan and as a config", { timeout: TIMEOUT }, () =>
  fuzz(
    "plan values",
    fc.anything({ withBigInt: true, withDate: true, withMap: true, withNullPrototype: true, withSparseArray: true }),
    { short: 300, long: 10_000 },
    async (value) => {
      const [plan, config] = [readPlanValue(value), readParallelConfig(value)];
      return [plan, config].flatMap(({ ok, diagnostics }) => faultsOf(ok, diagnostics, "CP1", CRASHES));
    },
  ),
);

/** Each leaves a trace if it runs. */
const bombs = [
  "globalThis.executed = true",
  "(globalThis as { executed?: boolean }).executed = true",
  "(() => { globalThis.executed = true; return 1; })()",
  "new Function('globalThis.executed = true')()",
  "eval('globalThis.executed = true')",
  "process.exit(9)",
  "require('fs').writeFileSync('executed', '')",
  "await import('data:text/javascript,globalThis.executed=true')",
  "{ get split_dim() { globalThis.executed = true; return 1; } }",
  "{ toString() { globalThis.executed = true; return 'a'; } }",
  "`${(globalThis.executed = true)}`",
  "[].constructor.constructor('globalThis.executed = true')()",
  "Array.from({ length: 1e9 }, (_, i) => i)",
  "'x'.repeat(1e9)",
  "Object.prototype",
  "{ ['__proto__']: { polluted: true } }",
  "{ ...Array(1e8) }",
  "while (true) {}",
  "(function f() { return f(); })()",
];

const typescript = fc.oneof(
  { weight: 4, arbitrary: damaged(realTypescript) },
  {
    weight: 2,
    arbitrary: fc.tuple(texts, fc.constantFrom(...before, "")).map(([text, start]) => wrap(start, text)),
  },
  {
    weight: 3,
    arbitrary: fc
      .tuple(
        fc.constantFrom(...bombs),
        fc.constantFrom(...before),
        fc.constantFrom("{ a: # }", "{ [#]: 1 }", "#", "{ ...# }"),
      )
      .map(([bomb, start, frame]) =>
        wrap(
          start,
          frame.replace("#", () => bomb),
        ),
      ),
  },
  {
    weight: 2,
    arbitrary: fc
      .tuple(fc.constantFrom(...realTypescript), fc.constantFrom(...bombs), fc.nat())
      .map(([text, bomb, at]) => insertLine(text, `const planted = ${bomb};`, at)),
  },
);

function wrap(start: string, text: string): string {
  return `${start}${text}${start.endsWith("(") ? ")" : ""};`;
}

function insertLine(text: string, line: string, at: number): string {
  const lines = text.split("\n");
  return [...lines.slice(0, at % lines.length), line, ...lines.slice(at % lines.length)].join("\n");
}

test("any text of a TypeScript plan is answered, and none of it runs", { timeout: TIMEOUT }, () =>
  fuzz("TypeScript plan texts", typescript, { short: 40, long: 4000 }, async (text) => {
    const { ok, diagnostics } = await readPlanText(text, "a.plan.ts");
    const executed = Reflect.has(globalThis, "executed") ? ["the plan was executed"] : [];
    return [...faultsOf(ok, diagnostics, "CP1", CRASHES), ...executed];
  }),
);
