/**
 * @file Plans before and after the fix of their first problem, without a model: levels, lists and names, in JSON and in TypeScript.
 */
import { expect, test } from "vitest";
import { readPlanText } from "../../../compiler/plan/read.ts";
import { fixed } from "./apply.ts";

async function mended(text: string, name: string): Promise<string | null> {
  const { diagnostics } = await readPlanText(text, name);
  const first = diagnostics.find(({ severity }) => severity !== "note");
  return first === undefined ? null : fixed(text, first);
}

const entries = [
  // A spec at the level of parameters.
  ['"a": { "split_dim": 1 }', '"a": { "hidden_states": { "split_dim": 1 } }'],
  [
    '"a": { "split_dim": 1, "x": { "split_dim": 0 } }',
    '"a": { "hidden_states": { "split_dim": 1 }, "x": { "split_dim": 0 } }',
  ],
  [
    '"a": [{ "split_dim": 1 }, { "gather_dim": 1 }]',
    '"a": [{ "hidden_states": { "split_dim": 1 } }, { "gather_dim": 1 }]',
  ],
  ['"a": { "expected_dims": 3 }', '"a": { "expected_dims": 3, "gather_dim": 1 }'],
  // Modules inside a module.
  ['"a": { "b": { "x": { "split_dim": 1 } } }', '"a.b": { "x": { "split_dim": 1 } }'],
  [
    '"a": { "b": { "x": { "split_dim": 1 } }, "c": [{ "x": { "split_dim": 1 } }, { "gather_dim": 1 }], "d": { "split_dim": 1 } }',
    '"a": { "d": { "split_dim": 1 } }, "a.b": { "x": { "split_dim": 1 } }, "a.c": [{ "x": { "split_dim": 1 } }, { "gather_dim": 1 }]',
  ],
  ['"": { "b": { "x": { "split_dim": 1 } } }', '"b": { "x": { "split_dim": 1 } }'],
  // An axis alone.
  ['"a": 1', '"a": { "gather_dim": 1 }'],
  ['"a": { "x": 0 }', '"a": { "x": { "split_dim": 0 } }'],
  ['"a": [1, null]', '"a": [{ "gather_dim": 1 }, null]'],
  // Lists under an index, empty values, axes and ranks, patterns.
  [
    '"a": { "0": [{ "split_dim": 1, "split_output": true }, { "split_dim": 2, "split_output": true }] }',
    '"a": { "0": { "split_dim": 1, "split_output": true }, "1": { "split_dim": 2, "split_output": true } }',
  ],
  ['"a": { "gather_dim": 1, "value": "" }', '"a": { "gather_dim": 1 }'],
  ['"a": { "x": { "split_dim": 3, "expected_dims": 3 } }', '"a": { "x": { "split_dim": 3, "expected_dims": 4 } }'],
  ['"a": { "gather_dim": -4, "expected_dims": 3 }', '"a": { "gather_dim": -4, "expected_dims": 4 }'],
  ['"blocks*": { "gather_dim": 1 }', '"blocks.*": { "gather_dim": 1 }'],
  ['"blocks.**.attn": { "gather_dim": 1 }', '"blocks.*.attn": { "gather_dim": 1 }'],
] as const;

test.each(entries)("{ %s }", async (before, after) => {
  expect(await mended(`{ ${before} }`, "a.plan.json")).toBe(`{ ${after} }`);
});

test("an empty file becomes an empty plan", async () => {
  expect(await mended("", "a.plan.json")).toBe("{}");
  expect(await mended("// Flux.\n", "a.plan.jsonc")).toBe("// Flux.\n{}");
});

test("a comment of strict JSON goes", async () => {
  const plan = '{ "a": { "gather_dim": 1 } }';
  expect(await mended(`// why\r\n${plan}`, "a.plan.json")).toBe(`\r\n${plan}`);
  expect(await mended(`{ /* why */ "a": { "gather_dim": 1 } }`, "a.plan.json")).toBe('{  "a": { "gather_dim": 1 } }');
});

const head = 'import { definePlan } from "onnx-context-parallel";\n';
const tail = "\nexport default definePlan({ a: { gather_dim: axis } });\n";

const files: readonly (readonly [string, string])[] = [
  ["let axis = 1;", "const axis = 1;"],
  ["var axis = 1;", "const axis = 1;"],
  ["const { axis } = sizes;\nconst sizes = { axis: 1 };", "const axis = sizes.axis;\nconst sizes = { axis: 1 };"],
  [
    "const axis = 1;\nconst [a, , c] = list;\nconst list = [1, 2, 3];",
    "const axis = 1;\nconst a = list[0], c = list[2];\nconst list = [1, 2, 3];",
  ],
  ["const axis = 1;\nconsole.log(axis);", "const axis = 1;"],
  ['"use strict";\nconst axis = 1;', "const axis = 1;"],
  ['import "./other.js";\nconst axis = 1;', "const axis = 1;"],
  ['import { readFileSync } from "node:fs";\nconst axis = 1;', "const axis = 1;"],
  ["const axis = 1 == 1 ? 1 : 0;", "const axis = 1 === 1 ? 1 : 0;"],
  ["const axis = 2 != 1 ? 1 : 0;", "const axis = 2 !== 1 ? 1 : 0;"],
  ["const axis = 1n;", "const axis = 1;"],
  ["const axis = await 1;", "const axis = 1;"],
  ['const axis = parseInt("1");', 'const axis = Number("1");'],
  ["const axis = [1].mp((i) => i)[0];", "const axis = [1].map((i) => i)[0];"],
  ["const axis = Object.kys({ a: 1 }).length;", "const axis = Object.keys({ a: 1 }).length;"],
  ["const ax = 1, axis = axx;", "const ax = 1, axis = ax;"],
  [
    "const twice = (index: number) => inde * 2;\nconst axis = twice(1);",
    "const twice = (index: number) => index * 2;\nconst axis = twice(1);",
  ],
  [
    "const sizes = { tokens: 1 };\nconst axis = sizes.token;",
    "const sizes = { tokens: 1 };\nconst axis = sizes.tokens;",
  ],
  [
    'const sizes = { "to-kens": 1 };\nconst axis = sizes["to-ken"];',
    'const sizes = { "to-kens": 1 };\nconst axis = sizes["to-kens"];',
  ],
  ["const tokens = 1;\nconst axis = { token }.token;", "const tokens = 1;\nconst axis = { token: tokens }.token;"],
];

test.each(files)("%s", async (before, after) => {
  expect(await mended(head + before + tail, "a.plan.ts")).toBe(head + after + tail);
});

test.each([
  ["export default definePln({ a: { gather_dim: 1 } });", "export default definePlan({ a: { gather_dim: 1 } });"],
  ["export default { a: { gather_dim: 1 } };", "export default definePlan({ a: { gather_dim: 1 } });"],
  [
    "export const plan = { a: { gather_dim: 1 } };",
    "export const plan = { a: { gather_dim: 1 } };\nexport default definePlan(plan);",
  ],
  [
    "const plan = definePlan({ a: { gather_dim: 1 } });",
    "const plan = definePlan({ a: { gather_dim: 1 } });\nexport default plan;",
  ],
  ["export = definePlan({ a: { gather_dim: 1 } });", "export default definePlan({ a: { gather_dim: 1 } });"],
  ["const size = 1;", "const size = 1;\nexport default definePlan({});"],
])("the default export: %s", async (before, after) => {
  expect(await mended(head + before, "a.plan.ts")).toBe(head + after);
});

test("an import that is missing, misspelt, or of another name", async () => {
  const plan = "export default definePlan({ a: { gather_dim: 1 } });\n";
  expect(await mended(`// Flux.\n${plan}`, "a.plan.ts")).toBe(`// Flux.\n${head}${plan}`);
  expect(await mended(head.replace("context", "contex") + plan, "a.plan.ts")).toBe(head + plan);
  expect(await mended(head.replace("definePlan", "definePln") + plan, "a.plan.ts")).toBe(head + plan);
  expect(await mended(head.replace("definePlan", "definePlan, attach") + plan, "a.plan.ts")).toBe(head + plan);
  expect(await mended("export default { a: { gather_dim: 1 } };\n", "a.plan.ts")).toBe(head + plan);
  const renamed = head.replace("definePlan", "definePlan as define");
  expect(await mended(renamed + plan, "a.plan.ts")).toBe(head + renamed + plan);
});
