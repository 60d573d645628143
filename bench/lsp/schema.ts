/**
 * @file `npm run bench:schema`: size of the JSON Schema of a model of 6,000 modules, and how long an editor needs with it. Prints a table.
 */
import { createRequire } from "node:module";
import type * as Service from "vscode-json-languageservice";
import { modelSchemaText } from "../../compiler/plan/schema/files.ts";
import { type ModuleOutline, modelSchema } from "../../compiler/plan/schema/model-schema.ts";

const service = createRequire(import.meta.url)("vscode-json-languageservice") as typeof Service;
const ROUNDS = 15;
const BLOCKS = 600;
const PARTS = [
  "",
  ".norm",
  ".norm.linear",
  ".attn",
  ".attn.q",
  ".attn.k",
  ".attn.v",
  ".attn.out.0",
  ".ff",
  ".ff.net.0",
];

const tokens = { name: "hidden_states", elem: "float32", shape: ["1", "img", "3072"], axis: 1 };
const names = Array.from({ length: BLOCKS }, (_, i) => PARTS.map((part) => `transformer_blocks.${i}${part}`)).flat();
const modules = ["", ...names].map((name): ModuleOutline => ({
  name,
  className: `Part${name.split(".").slice(2).join("_")}`,
  inputs: [tokens],
  outputs: [{ ...tokens, name: "0" }],
}));
const sites = names.filter((name) => name.endsWith(".attn"));
const text = modelSchemaText(modelSchema(modules, sites));

const spec = { hidden_states: { split_dim: 1 } };
const plans: readonly (readonly [string, object])[] = [
  ["a plan of two entries", { "": spec, "transformer_blocks.*": [spec, { gather_dim: 1 }] }],
  ["a plan of every module", Object.fromEntries(names.map((name) => [name, spec]))],
];

process.stdout.write(`schema of ${modules.length} modules: ${text.length} bytes\n`);
for (const [what, plan] of plans) {
  const language = service.getLanguageService({ clientCapabilities: service.ClientCapabilities.LATEST });
  const schema = JSON.parse(text) as Service.JSONSchema;
  language.configure({ validate: true, schemas: [{ uri: "bench://schema", fileMatch: ["*"], schema }] });
  const document = service.TextDocument.create("bench://a.plan.json", "json", 1, JSON.stringify(plan, null, 2));
  const times: number[] = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    const begin = performance.now();
    const found = await language.doValidation(document, language.parseJSONDocument(document));
    times.push(performance.now() - begin);
    if (found.length > 0) throw new Error(`unexpected: ${found[0]?.message}`);
  }
  const [cold = NaN, ...warm] = times;
  const median = warm.toSorted((a, b) => a - b)[Math.floor(warm.length / 2)] ?? NaN;
  process.stdout.write(`${what}: first check ${cold.toFixed(0)} ms, later ${median.toFixed(1)} ms\n`);
}
