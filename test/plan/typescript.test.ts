/**
 * @file The static evaluator compared with JavaScript: for random expressions of the plan language, and for whole plan files, evaluation
 * gives the same result as execution.
 */
import fc from "fast-check";
import { expect, test, vi } from "vitest";
import { toValue } from "../../compiler/plan/ast.ts";
import { readPlanFile, readPlanValue } from "../../compiler/plan/read.ts";
import { readTypescriptPlan } from "../../compiler/plan/typescript/read.ts";
import type { Plan } from "../../compiler/plan/types.ts";

vi.mock("onnx-context-parallel", () => ({ definePlan: (plan: unknown) => plan }));

test.each(["flux", "language"])("running %s.plan.ts gives the same plan", async (name) => {
  const read = await readPlanFile(`test/plan/cases/${name}.plan.ts`);
  const module = (await import(`./cases/${name}.plan.ts`)) as { readonly default: unknown };
  const run = readPlanValue(module.default);
  expect(read.ok && run.ok).toBe(true);
  if (read.ok && run.ok) expect(plain(read.value)).toEqual(plain(run.value));
});

test("random expressions have the value that JavaScript gives them", async () => {
  await fc.assert(
    fc.asyncProperty(expressions, async (source) => {
      // oxlint-disable-next-line no-implied-eval
      const run: unknown = new Function(`"use strict"; ${prelude} return { plan: ${source} };`)();
      const text = `import { definePlan } from "onnx-context-parallel";\n${prelude}\nexport default definePlan({ plan: ${source} });\n`;
      const { root, diagnostics } = await readTypescriptPlan(text, "a.plan.ts");
      expect(diagnostics).toEqual([]);
      expect(JSON.parse(JSON.stringify(toValue(root!)))).toEqual(JSON.parse(JSON.stringify(run)));
    }),
    { numRuns: 150 },
  );
});

test("large plans are evaluated quickly", async () => {
  const text = `import { definePlan } from "onnx-context-parallel";
const block = (i: number) => ({ [\`blocks.\${i}\`]: { hidden_states: { split_dim: 1 } }, [\`blocks.\${i}.out\`]: { gather_dim: 1 } });
export default definePlan(Object.fromEntries(Array.from({ length: 3000 }, (_, i) => block(i)).flatMap((b) => Object.entries(b))));`;
  const started = performance.now();
  const { root, diagnostics } = await readTypescriptPlan(text, "a.plan.ts");
  expect(diagnostics).toEqual([]);
  expect(root?.kind === "object" && root.members.length).toBe(6000);
  expect(performance.now() - started).toBeLessThan(10_000);
});

/** Names that the expressions use. */
const prelude = `const n = 3; const s = "ab"; const list = [1, "x", null]; const o = { k: 2, "l m": [4] };
const twice = (x) => [x, x]; const pick = ({ k = 7 }, [a, b = 5], ...rest) => ({ k, a, b, rest });`;

const numbers = fc.oneof(
  fc.integer({ min: -9, max: 9 }).map((value) => `(${value})`),
  fc.constantFrom("n", "o.k", "s.length", "list.length", 'o["l m"][0]', "0x1f", "1.5"),
);
const strings = fc.oneof(
  fc.stringMatching(/^[a-z"\\ ]{0,5}$/).map((text) => JSON.stringify(text)),
  fc.constantFrom("s", "`plain`", "String(n)"),
);

const { expression: expressions } = fc.letrec<
  Record<"number" | "text" | "flag" | "array" | "object" | "expression", string>
>((tie) => ({
  number: fc.oneof(
    { depthSize: "small", withCrossShrink: true },
    numbers,
    fc
      .tuple(tie("number"), fc.constantFrom("+", "-", "*", "%", "**"), tie("number"))
      .map(([a, op, b]) => `((${a}) ${op} (${b}))`),
    tie("number").map((a) => `-(${a})`),
    fc.tuple(tie("flag"), tie("number"), tie("number")).map(([c, a, b]) => `(${c} ? ${a} : ${b})`),
    tie("array").map((a) => `${a}.length`),
  ),
  text: fc.oneof(
    { depthSize: "small" },
    strings,
    fc.tuple(tie("text"), tie("number")).map(([a, b]) => `(${a} + ${b})`),
    fc.tuple(tie("text"), tie("number"), tie("flag")).map(([a, b, c]) => `\`<\${${a}}-\${${b}}\${${c}}>\``),
    tie("array").map((a) => `${a}.map((x) => "q").join("/")`),
  ),
  flag: fc.oneof(
    { depthSize: "small" },
    fc.constantFrom("true", "false", "list.includes(1)", 's.startsWith("a")'),
    fc
      .tuple(tie("number"), fc.constantFrom("<", ">=", "===", "!=="), tie("number"))
      .map(([a, op, b]) => `(${a} ${op} ${b})`),
    tie("expression").map((a) => `!(${a})`),
  ),
  array: fc.oneof(
    { depthSize: "small" },
    fc.array(tie("expression"), { maxLength: 3 }).map((items) => `[${items.join(", ")}]`),
    tie("array").map((a) => `[0, ...${a}]`),
    fc.tuple(tie("array"), tie("expression")).map(([a, e]) => `${a}.map((x, i) => [i, x, ${e}])`),
    fc.tuple(tie("array"), tie("flag")).map(([a, f]) => `${a}.filter((x, i) => i > 0 || ${f})`),
    tie("array").map((a) => `${a}.flatMap(twice)`),
    fc.tuple(tie("array"), tie("expression")).map(([a, e]) => `${a}.concat(${e})`),
    fc.tuple(tie("array"), fc.integer({ min: -2, max: 3 })).map(([a, i]) => `${a}.slice(${i})`),
    tie("object").map((o) => `Object.entries(${o})`),
    fc.nat({ max: 3 }).map((length) => `Array.from({ length: ${length} }, (_, i) => i + n)`),
  ),
  object: fc.oneof(
    { depthSize: "small" },
    fc.tuple(tie("expression"), tie("text"), tie("expression")).map(([a, k, b]) => `({ a: ${a}, ["_" + ${k}]: ${b} })`),
    fc.tuple(tie("object"), tie("expression")).map(([o, a]) => `({ z: 1, ...${o}, "b": ${a} })`),
    fc.tuple(tie("flag"), tie("object")).map(([f, o]) => `({ ...(${f} && ${o}), s })`),
    fc.tuple(tie("array"), tie("array")).map(([a, b]) => `pick({}, [1, ...${a}], ...${b})`),
    tie("object").map((o) => `Object.fromEntries(Object.keys(${o}).map((k, i) => [k, i]))`),
  ),
  expression: fc.oneof(
    { depthSize: "small" },
    tie("number"),
    tie("text"),
    tie("flag"),
    fc.constant("null"),
    tie("array"),
    tie("object"),
    tie("object").map((o) => `(${o} ?? null)`),
  ),
}));

/** Without spans, by module: JavaScript puts numeric keys first, a file does not. */
function plain(plan: Plan): unknown {
  const entries = plan.entries.map(({ pattern, specs }) => [
    pattern,
    specs.map(({ origin, ...spec }) => [origin.pointer, spec]),
  ]);
  return { model: plan.model, entries: Object.fromEntries(entries) as unknown };
}
