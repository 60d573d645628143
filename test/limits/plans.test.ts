/**
 * @file Plans at and above the limits: refused with both numbers above them, and read in time below them. Times are processor times, far
 * above what a plan takes and far below what it took with quadratic algorithms.
 */
import { expect, test } from "vitest";
import { matcher } from "../../compiler/bind/patterns.ts";
import { bindPlan, canonicalise } from "../support/stages.ts";
import { renderDiagnostics } from "../../compiler/diagnostics/render.ts";
import { limits } from "../../compiler/limits/limits.ts";
import { readParallelConfig, readPlanText, readPlanValue } from "../../compiler/plan/read.ts";
import { fixtureModel, texts, valueOf } from "../support/fixtures.ts";

const head = 'import { definePlan } from "onnx-context-parallel";\n';

/** `count` members of an object, made from their position. */
function object(count: number, member: (i: number) => string): string {
  return `{${Array.from({ length: count }, (_, i) => member(i)).join(",")}}`;
}

function seconds<T>(work: () => T): { readonly result: T; readonly seconds: () => number } {
  const before = process.cpuUsage();
  return {
    result: work(),
    seconds: () => {
      const { user, system } = process.cpuUsage(before);
      return (user + system) / 1e6;
    },
  };
}

/** What is said of a text, which must not take long. */
async function said(text: string, name = "a.plan.json"): Promise<readonly string[]> {
  const { result, seconds: taken } = seconds(() => readPlanText(text, name));
  const { diagnostics } = await result;
  expect(taken()).toBeLessThan(8);
  return texts(diagnostics);
}

test.each([
  ["bytes", " ".repeat(limits.planBytes.most + 1), `CP1007 the file has ${2 ** 22 + 1} bytes; the limit is ${2 ** 22}`],
  ["tokens", `[${"1,".repeat(400_000)}1]`, "CP1107 the file has 800003 tokens; the limit is 400000"],
  ["entries", object(64_000, (i) => `"b.${i}":{}`), "CP1533 the plan has 64000 entries; the limit is 10000"],
  ["entries", object(10_001, (i) => `"b.${i}":{}`), "CP1533 the plan has 10001 entries; the limit is 10000"],
  [
    "parts of an entry",
    `{"a":${object(501, (i) => `"p${i}":{"split_dim":1}`)}}`,
    "CP1535 a has 501 members or elements; the limit is 500",
  ],
  ["outputs", `{"a":[${"null,".repeat(600)}null]}`, "CP1535 a has 601 members or elements; the limit is 500"],
  ["elements of the root", `[${"1,".repeat(600)}1]`, "CP1535 the plan has 601 members or elements"],
  ["letters of a key", `{"${"k".repeat(1001)}":{"x":1}}`, "has 1001 characters; the limit is 1000"],
  ["levels", `{"a":${"[".repeat(64)}${"]".repeat(64)}}`, "CP1105 the nesting is deeper than 64 levels"],
])("too many %s", async (_what, text, expected) => {
  const [first, ...others] = await said(text);
  expect(others).toEqual([]);
  expect(first).toContain(expected);
});

test.each([
  ["bytes", `${head}// ${"x".repeat(limits.typescriptBytes.most)}`, "CP1007"],
  [
    "operators in a chain",
    `${head}const a = 1;\nexport default definePlan({ x: { gather_dim: ${"a + ".repeat(80_000)}a } });`,
    "CP1208 evaluating this takes more than 1000 tokens without a comma between them",
  ],
  [
    "nested brackets",
    `${head}export default definePlan(${"[".repeat(30_000)}`,
    "CP1208 evaluating this takes more than 400 nested brackets",
  ],
  [
    "nested templates",
    `${head}const a = ${"`${".repeat(450)}1${"}`".repeat(450)};`,
    "CP1208 evaluating this takes more than 400 nested brackets",
  ],
  [
    "steps",
    `${head}const l = Array.from({ length: 1000 }, (_, i) => i);\nexport default definePlan({ a: l.map((i) => l.includes(-i - 1)) });`,
    "CP1208 evaluating this takes more than 500000 steps",
  ],
  [
    "characters compared",
    `${head}const s = Array.from({ length: 20000 }, () => "").join("x");\nexport default definePlan({ a: Array.from({ length: 20000 }, () => s === s) });`,
    "CP1208 evaluating this takes more than 500000 steps",
  ],
])("too many %s in TypeScript", async (_what, text, expected) => {
  const found = await said(text, "a.plan.ts");
  expect(found[0]).toContain(expected);
});

test("a mistake that is met very often ends the evaluation", async () => {
  const text = `${head}const f = (o: { a: number }): number => o.b;\nconst all = Array.from({ length: 50000 }, () => f({ a: 1 }));\nexport default definePlan({ a: all });`;
  expect(await said(text, "a.plan.ts")).toEqual([
    "CP1204 b is not defined",
    "CP1212 evaluation stopped here after more than 200 errors",
  ]);
});

test.each([
  ["repeated keys", object(10_000, () => '"b":{"gather_dim":1}'), 9_999],
  ["unknown keys", object(10_000, (i) => `"b.${i}":{"gather_dims":1}`), 10_000],
  ["errors in each entry", object(3_000, (i) => `"b.${i}":{"x":${object(8, (k) => `"k${k}":1`)}}`), 24_000],
  ["missing keys", object(10_000, (i) => `"b.${i}":{"x":{}}`), 10_000],
])("thousands of %s on one line are found and shown in time", async (_what, text, count) => {
  const reading = seconds(() => readPlanText(text, "a.plan.json"));
  const { diagnostics } = await reading.result;
  expect(reading.seconds()).toBeLessThan(5);
  expect(diagnostics).toHaveLength(count);
  const { result, seconds: taken } = seconds(() => renderDiagnostics(diagnostics, { read: () => text }));
  expect(taken()).toBeLessThan(8);
  const lines = result.split("\n").filter((line) => line.startsWith("    1 |"));
  expect(lines.length).toBeGreaterThanOrEqual(count);
  expect(Math.max(...lines.map((line) => line.length))).toBeLessThan(120);
});

test("most that is read is read in time", async () => {
  const entries = object(
    10_000,
    (i) => `"blocks.${i}":[{"hidden_states":{"split_dim":1,"expected_dims":3}},{"gather_dim":1}]`,
  );
  expect(await said(entries)).toEqual([]);
  const wrong = object(9_000, (i) => `"b.${i}":[{"x":1,"y":2,"z":3,"v":4},{"x":1,"y":2,"z":3,"v":4}]`);
  expect((await said(wrong)).length).toBeGreaterThan(9_000);
});

test("values are bounded as texts are", () => {
  const plan = Object.fromEntries(Array.from({ length: 10_001 }, (_, i) => [`b.${i}`, { gather_dim: 1 }]));
  expect(texts(readPlanValue(plan).diagnostics)).toEqual(["CP1533 the plan has 10001 entries; the limit is 10000"]);
});

test("degrees and their product are bounded", () => {
  const said = (value: object): readonly string[] => texts(readParallelConfig(value).diagnostics);
  expect(said({ ulysses_degree: 1_000_000_000 })).toEqual(["CP1507 ulysses_degree is 1000000000; the maximum is 1024"]);
  expect(said({ ulysses_degree: 64, ring_degree: 32 })).toEqual([
    "CP1704 ring_degree 32 * ulysses_degree 64 = 2048 ranks; the limit is 1024",
  ]);
  expect(said({ ulysses_degree: 32, ring_degree: 32 })).toEqual([]);
});

test("patterns cost what they match", () => {
  const modules = Array.from({ length: 6_000 }, (_, i) => `blocks.${i}.attn`);
  const { result, seconds: taken } = seconds(() => {
    const match = matcher(["", ...modules], null);
    return Array.from({ length: 10_000 }, (_, i) => match(`blocks.${i}.attn`).length + match(`*.${i}.*`).length);
  });
  expect(result.filter((count) => count === 2)).toHaveLength(6_000);
  expect(taken()).toBeLessThan(5);
});

test("bindings are bounded, similar names are looked for a hundred times only", async () => {
  const graph = valueOf(await canonicalise(await fixtureModel("flux/flux.dynamo18-dynamic.onnx")));
  const inputs = Object.fromEntries(Array.from({ length: 500 }, (_, i) => [`p${i}`, { split_dim: 1 }]));
  const stars = Object.fromEntries(["*", "*.*", "*.*.*", "transformer_blocks.*.*"].map((key) => [key, inputs]));
  const found = texts(bindPlan(graph, valueOf(readPlanValue(stars))).diagnostics);
  expect(found).toHaveLength(1);
  expect(found[0]).toMatch(
    /^CP3008 the plan's 4 entries match \d{5} inputs and outputs .* modules; the limit is 20000$/,
  );
  const unknown = Object.fromEntries(Array.from({ length: 10_000 }, (_, i) => [`block.${i}`, { gather_dim: 1 }]));
  const plan = valueOf(readPlanValue(unknown));
  const { result, seconds: taken } = seconds(() => bindPlan(graph, plan).diagnostics);
  expect(result).toHaveLength(10_000);
  expect(taken()).toBeLessThan(8);
});
