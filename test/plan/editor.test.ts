/**
 * @file An editor's behaviour under our schemas, as golden text: completions with what they insert, hovers, messages.
 */
import { readFileSync } from "node:fs";
import { Ajv } from "ajv";
import { describe, expect, test } from "vitest";
import { outlineForSchema } from "../../compiler/inspect/outlines.ts";
import { canonicalModel } from "../../compiler/inspect/model.ts";
import { checkSchema } from "../../compiler/plan/schema/check.ts";
import { editorKeywords, type JsonSchema } from "../../compiler/plan/schema/json-schema.ts";
import { modelSchema } from "../../compiler/plan/schema/model-schema.ts";
import { planSchema } from "../../compiler/plan/schema/plan-schema.ts";
import { fixture } from "../support/fixtures.ts";
import { type Editor, editorWith } from "./editor.ts";
import { configMoments, modelMoments, modules, type Moments, planMoments, sites } from "./moments.ts";

const read = (name: string): JsonSchema => JSON.parse(readFileSync(name, "utf8")) as JsonSchema;
const model = modelSchema(modules, sites);

test("moments in an editor", async () => {
  const parts = [
    await report(editorWith(read("schemas/plan.schema.json")), planMoments),
    await report(editorWith(model), modelMoments),
    await report(editorWith(read("schemas/parallel-config.schema.json")), configMoments),
  ];
  await expect(parts.join("\n")).toMatchFileSnapshot("golden/editor.txt");
});

test.each([
  ["plan", planSchema, planMoments],
  ["model", model, modelMoments],
] as const)("each mistake under the schema of a %s is one sentence", async (_, schema, { problems }) => {
  const editor = editorWith(schema);
  const counts = await Promise.all(
    problems.map(async (text) => [text, (await editor.problems(text)).split("\n").length - 1]),
  );
  expect(counts.filter(([text, lines]) => lines !== (String(text).includes('}, "a": {') ? 2 : 1))).toEqual([]);
});

describe("ajv in strict mode, which knows the keywords of editors", () => {
  const ajv = new Ajv({
    strict: true,
    strictTypes: false,
    strictTuples: false,
    strictRequired: false,
    allowMatchingProperties: true,
    allErrors: true,
    verbose: true,
  });
  ajv.addVocabulary([...editorKeywords]);
  test.each([
    ["plan", planSchema, planMoments],
    ["model", model, modelMoments],
  ] as const)("agrees with the editor under the schema of a %s", async (_, schema, { problems }) => {
    const validate = ajv.compile(schema);
    const editor = editorWith(schema);
    for (const text of problems) {
      const shown = await editor.problems(text);
      const isKnown = shown.includes("Duplicate object key");
      expect([text, validate(JSON.parse(text))]).toEqual([text, isKnown || shown.includes("(nothing)")]);
      const said = (validate.errors ?? []).flatMap(({ parentSchema }) => {
        const message = (parentSchema as JsonSchema | undefined)?.errorMessage;
        return message === undefined ? [] : [message];
      });
      const built = /Missing property|Array has|below the minimum|Duplicate|\(nothing\)/.test(shown);
      expect([text, built || said.some((message) => shown.includes(message))]).toEqual([text, true]);
    }
  });
});

test.each([
  ["flux/flux.dynamo18-dynamic", "flux", "(nothing)"],
  // An entry for timesteps of rank 2, which this export does not have.
  [
    "wan/wan.dynamo18-dynamic",
    "wan",
    "12:52 expected_dims must be 1, the rank of int64 [batch]; with another number it stays whole.",
  ],
  ["ltx/ltx.dynamo18-dynamic", "ltx", "(nothing)"],
])("an editor accepts the shipped plan under the schema of %s", async (export_, plan, problems) => {
  const graph = await canonicalModel(fixture(`${export_}.onnx`));
  if (!graph.ok) throw new Error(JSON.stringify(graph.diagnostics));
  const outline = outlineForSchema(graph.value);
  const known = outline.modules.map(({ className, ...module }) => ({
    ...module,
    ...(className === null ? {} : { className }),
  }));
  const editor = editorWith(modelSchema(known, outline.sites));
  const text = readFileSync(`plans/${plan}.plan.json`, "utf8");
  expect(await editor.problems(text.replace(/"\$schema": ".*",/, ""))).toBe(`    ${problems}\n`);
});

test("an editor follows the $schema of a plan", async () => {
  const text = (module: string): string => `{ "$schema": "../schemas/plan.schema.json", ${module} }`;
  expect(await editorWith().problems(text('"a": { "gather_dims": 1 }'))).toContain('Did you mean "gather_dim"?');
  expect(await editorWith().problems(text('"a": { "gather_dim": 1 }'))).toBe("    (nothing)\n");
});

test("every key of a plan is documented for all editors", () => {
  const missing: string[] = [];
  const visit = (schema: JsonSchema, path: string): void => {
    for (const [key, of] of Object.entries(schema.properties ?? {})) {
      if (!key.startsWith("$schema") && of.$ref === undefined && of.doNotSuggest !== true) {
        if (of.description === undefined || of.markdownDescription === undefined) missing.push(`${path}.${key}`);
      }
      visit(of, `${path}.${key}`);
    }
    for (const [name, of] of Object.entries(schema.definitions ?? {})) visit(of, name);
  };
  visit(planSchema, "plan");
  visit(model, "model");
  expect(missing).toEqual([]);
});

test("the schema of a large model stays small, and accepts its own modules", () => {
  const names = Array.from({ length: 600 }, (_, i) => `blocks.${i}`);
  const parts = ["", ".attn", ".attn.to_q", ".norm"];
  const x = { name: "x", elem: "float32", shape: ["1", "img", "32"], axis: 1 };
  const many = names.flatMap((name) =>
    parts.map((part) => ({
      name: `${name}${part}`,
      className: `Part${part.length}`,
      inputs: [x],
      outputs: [{ ...x, name: "0" }],
    })),
  );
  const attentions = names.map((name) => `${name}.attn`);
  const schema = modelSchema(many, attentions);
  expect(JSON.stringify(schema).length).toBeLessThan(many.length * 110);
  const $attention = { "blocks.*": "gather", "blocks.7.attn": "ulysses", "": "gather" };
  const plan = { $attention, "blocks.7.attn": { x: { split_dim: 1 } }, "blocks.*.norm": { gather_dim: 1 } };
  expect(checkSchema(plan, modelSchema(many.slice(0, 40), attentions))).toEqual([]);
});

async function report(editor: Editor, moments: Moments): Promise<string> {
  const parts: string[] = [`## ${moments.title}\n`];
  for (const kind of ["completions", "hovers", "problems"] as const) {
    const ask = kind === "hovers" ? editor.hover : editor[kind];
    parts.push(`# ${kind}\n`);
    for (const document of moments[kind]) parts.push(`${document}\n${await ask(document)}`);
  }
  return parts.join("\n");
}
