/**
 * @file A TypeScript plan in an editor: what the TypeScript language service completes and says inside `definePlan`, and with the types of
 * a model.
 */
import { Project, ts } from "ts-morph";
import { expect, test } from "vitest";
import { schema } from "../../cli/commands/schema.ts";
import { capture } from "../cli/capture.ts";
import { fixture } from "../support/fixtures.ts";

const project = new Project({
  compilerOptions: {
    strict: true,
    exactOptionalPropertyTypes: true,
    target: ts.ScriptTarget.ES2023,
    module: ts.ModuleKind.NodeNext,
    moduleResolution: ts.ModuleResolutionKind.NodeNext,
    skipLibCheck: true,
    allowImportingTsExtensions: true,
    noEmit: true,
    types: [],
  },
});

const head = 'import { definePlan } from "./compiler/plan/define.ts";\n';

function completions(marked: string): readonly string[] {
  const offset = marked.indexOf("|");
  const text = marked.slice(0, offset) + marked.slice(offset + 1);
  const file = project.createSourceFile("editor.plan.ts", text, { overwrite: true });
  const service = project.getLanguageService().compilerObject;
  return (service.getCompletionsAtPosition(file.getFilePath(), offset, {})?.entries ?? []).map(({ name }) =>
    name.replaceAll('"', ""),
  );
}

function problems(text: string): readonly string[] {
  const file = project.createSourceFile("editor.plan.ts", text, { overwrite: true });
  const service = project.getLanguageService().compilerObject;
  return service
    .getSemanticDiagnostics(file.getFilePath())
    .map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, " "));
}

test.each([
  ["{ | }", ["$attention", "$batch", "$comment", "$model", "$schema"]],
  ['{ "": { hidden_states: { | } } }', ["expected_dims", "split_dim", "split_output", "value"]],
  ['{ "": { hidden_states: { split_dim: 1, | } } }', ["expected_dims", "split_output", "value"]],
  ["{ proj_out: { | } }", ["expected_dims", "gather_dim", "value"]],
  ["{ proj_out: { gather_dim: 1, | } }", ["expected_dims", "value"]],
  ['{ $attention: { "blocks.*": "|" } }', ["gather", "ring", "ulysses", "unified"]],
])("definePlan(%s) completes", (plan, expected) => {
  const found = completions(`${head}export default definePlan(${plan});\n`);
  expect(found.toSorted()).toEqual(expected);
});

test.each([
  ["{ a: { hidden_states: { split_dim: 1 }, gather_dim: 1 } }", "to split too, write [{ inputs }, { output }]"],
  ["{ a: { x: { split_dims: 1 } } }", "an input spec needs split_dim under a parameter name"],
  ["{ a: { gather_dims: 1 } }", "an input spec needs split_dim under a parameter name"],
  ['{ a: { x: { split_dim: "1" } } }', "an input spec needs split_dim under a parameter name"],
  ['{ a: "gather" }', "an entry is { inputs }, { output }, [output, ...] or [{ inputs }, output]"],
  ['{ $attention: { a: "all" } }', "a scheme is gather, ulysses, ring or unified"],
  ["{ $modl: 1 }", "keys that begin with $ are reserved"],
])("definePlan(%s) says what is wrong", (plan, sentence) => {
  expect(problems(`${head}export default definePlan(${plan});\n`).join(" ")).toContain(sentence);
});

test("a key is documented on hover", () => {
  const text = `${head}export default definePlan({ a: { x: { split_dim: 1 } } });\n`;
  const file = project.createSourceFile("editor.plan.ts", text, { overwrite: true });
  const service = project.getLanguageService().compilerObject;
  const info = service.getQuickInfoAtPosition(file.getFilePath(), text.indexOf("split_dim") + 1);
  expect(ts.displayPartsToString(info?.documentation)).toContain("Axis along which the value is split");
});

test("the types of a model complete its modules and parameters", async () => {
  const io = capture();
  const made = await schema(fixture("flux/flux.dynamo18-dynamic.onnx"), { types: true }, io);
  project.createSourceFile("flux.types.ts", made.text, { overwrite: true });
  const typed = `${head}import type { ModelPlan } from "./flux.types.ts";\n`;
  const plan = (body: string): string => `${typed}export default definePlan(${body} satisfies ModelPlan);\n`;
  expect(completions(plan("{ | }"))).toEqual(expect.arrayContaining(["proj_out", "transformer_blocks.*"]));
  expect(completions(plan('{ "": { | } }'))).toEqual(expect.arrayContaining(["hidden_states", "img_ids"]));
  expect(completions(plan('{ "$attention": { | } }'))).toContain("transformer_blocks.*.attn");
  expect(problems(plan('{ "": { hidden_states: { split_dim: 1 } }, proj_out: { gather_dim: 1 } }'))).toEqual([]);
  expect(problems(plan("{ proj_ot: { gather_dim: 1 } }")).join(" ")).toContain("'proj_out'");
});
