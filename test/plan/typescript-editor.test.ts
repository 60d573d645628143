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

function diagnosticsOf(text: string): readonly ts.Diagnostic[] {
  const file = project.createSourceFile("editor.plan.ts", text, { overwrite: true });
  return project.getLanguageService().compilerObject.getSemanticDiagnostics(file.getFilePath());
}

function problems(text: string): readonly string[] {
  return diagnosticsOf(text).map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, " "));
}

const input = ["expected_dims", "split_dim", "split_output", "value"];
const output = ["expected_dims", "gather_dim", "value"];
const without = (keys: readonly string[], key: string): readonly string[] => keys.filter((each) => each !== key);

test.each([
  ["{ | }", ["$attention", "$batch", "$comment", "$model", "$schema"]],
  ['{ "": { hidden_states: { | } } }', input],
  ['{ "": { hidden_states: { split_dim: 1, | } } }', without(input, "split_dim")],
  ["{ a: { x: [{ | }] } }", input],
  ["{ a: { x: [{ split_dim: 1 }, { | }] } }", input],
  // TypeScript reads a key that is an index from lists of outputs too.
  ['{ a: { "0": { | } } }', [...input, "gather_dim"].toSorted()],
  ["{ proj_out: { | } }", output],
  ["{ proj_out: { gather_dim: 1, | } }", without(output, "gather_dim")],
  ["{ a: [{ x: { | } }, { gather_dim: 1 }] }", input],
  ["{ a: [{ x: { | } }] }", input],
  ["{ a: [{ x: { split_dim: 1, | } }, { gather_dim: 1 }] }", without(input, "split_dim")],
  ["{ a: [{ x: [{ | }] }, { gather_dim: 1 }] }", input],
  ["{ a: [{ x: { split_dim: 1 } }, { | }] }", output],
  ["{ a: [{ x: { split_dim: 1 } }, { gather_dim: 1, | }] }", without(output, "gather_dim")],
  ["{ a: [{ x: { split_dim: 1 } }, [{ | }]] }", output],
  ["{ a: [{ x: { split_dim: 1 } }, [{ gather_dim: 1 }, { | }]] }", output],
  ["{ a: [{ | }] }", output],
  ["{ a: [{ gather_dim: 1 }, { | }] }", output],
  ["{ a: { x: { split_dm: 1, | } } }", input],
  ['{ $attention: { "blocks.*": "|" } }', ["gather", "ring", "ulysses", "unified"]],
])("definePlan(%s) completes", (plan, expected) => {
  const found = completions(`${head}export default definePlan(${plan});\n`);
  expect(found.toSorted()).toEqual(expected);
});

/** The text of the place that an error is shown at, and what is said there. */
test.each([
  ["{ a: { hs: { split_dim: 1 }, gather_dim: 1 } }", "hs", "to split too, write [{ inputs }, { output }]"],
  ["{ a: { x: { split_dm: 1 } } }", "split_dm", "an input spec has split_dim, expected_dims, split_output, value"],
  ["{ a: { x: { gather_dim: 1 } } }", "gather_dim", "outputs are gathered at the module itself, { gather_dim: 1 }"],
  ["{ a: { x: {} } }", "x", "Property 'split_dim' is missing"],
  ["{ a: { gather_dims: 1 } }", "gather_dims", "gather_dims is no key of an output spec"],
  ["{ a: { split_dim: 1 } }", "split_dim", "split_dim stands under a parameter name"],
  ["{ a: { expected_dims: 1 } }", "expected_dims", "expected_dims needs gather_dim in an output spec"],
  ['{ a: { x: { split_dim: "1" } } }', "split_dim", "split_dim is an integer, without quotes"],
  ['{ a: { x: { split_dim: 1, expected_dims: "3" } } }', "expected_dims", "expected_dims is an integer from 1"],
  ["{ a: { x: { split_dim: 1, split_output: 1 } } }", "split_output", "split_output is true or false"],
  ['{ a: { gather_dim: "1" } }', "gather_dim", "gather_dim is an integer, without quotes"],
  ['{ a: [{ gather_dim: "1" }, null] }', "gather_dim", "gather_dim is an integer, without quotes"],
  ["{ a: [{ x: { split_dim: 1 } }, { gather_dm: 1 }] }", "gather_dm", "an output spec has gather_dim, expected_dims"],
  ["{ a: [{ x: { split_dim: 1 } }] }", "a", "a list that starts with inputs is [{ inputs }, output]"],
  ["{ a: { x: null } }", "a", "null stands for an output that is not gathered"],
  ["{ a: { x: 1 } }", "x", "a parameter has an input spec: { hidden_states: { split_dim: 1 } }"],
  ['{ a: "gather" }', "a", "an entry is { inputs }, { output }, [output, ...] or [{ inputs }, output]"],
  ['{ $attention: { a: "all" } }', "a", "a scheme is gather, ulysses, ring or unified"],
  ["{ $batch: { a: {} } }", "a", "the axis of the batch is an integer"],
  ["{ $modl: 1 }", "$modl", "keys that begin with $ are reserved"],
  ["{ $model: 1 }", "$model", "$schema, $comment and $model are strings"],
])("definePlan(%s) says at %s what is wrong", (plan, at, sentence) => {
  const text = `${head}export default definePlan(${plan});\n`;
  const found = diagnosticsOf(text);
  expect(found.map(({ start = 0, length = 0 }) => text.slice(start, start + length))).toEqual([at]);
  expect(ts.flattenDiagnosticMessageText(found[0]?.messageText, " ")).toContain(sentence);
});

test.each([
  ["{ a: { x: { split_di^m: 1 } } }", "Axis along which the value is split over the ranks"],
  ["{ a: { x: { split_dim: 1, expected_dim^s: 3 } } }", "Number of axes that the value must have to be split"],
  ['{ a: { "0": { split_dim: 1, split_outpu^t: true } } }', "Splits an output of the module instead"],
  ['{ a: { x: { split_dim: 1, valu^e: "v" } } }', "Names the ONNX value instead of searching for it"],
  ["{ a: [{ x: { split_di^m: 1 } }, { gather_dim: 1 }] }", "Axis along which the value is split over the ranks"],
  ["{ a: { gather_di^m: 1 } }", "Axis along which the chunks of all ranks are joined"],
  ["{ a: [{ x: { split_dim: 1 } }, { gather_di^m: 1 }] }", "Axis along which the chunks of all ranks are joined"],
  ["{ a: [{ gather_dim: 1, expected_dim^s: 3 }, null] }", "Number of axes that the value must have; any other"],
  ['{ $mode^l: "flux.onnx" }', "Path of the ONNX model, relative to the plan"],
  ["{ $batc^h: { timestep: 0 } }", "Input of the model to the axis that has the batch"],
  ['{ $attentio^n: { "": "ring" } }', "Module name or pattern to the scheme of the attention sites inside"],
])("definePlan(%s) documents the key on hover", (marked, documentation) => {
  const [before = "", after = ""] = `${head}export default definePlan(${marked});\n`.split("^");
  const file = project.createSourceFile("editor.plan.ts", before + after, { overwrite: true });
  const service = project.getLanguageService().compilerObject;
  const info = service.getQuickInfoAtPosition(file.getFilePath(), before.length);
  expect(ts.displayPartsToString(info?.documentation)).toContain(documentation);
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
  for (const place of [
    '{ "": [{ hidden_states: { | } }, { gather_dim: 1 }] }',
    '{ "": [{ hidden_states: { | } }] }',
    '{ "": { hidden_states: [{ | }] } }',
  ]) {
    expect(completions(plan(place)).toSorted()).toEqual(input);
  }
  expect(completions(plan('{ "": [{ | }, { gather_dim: 1 }] }'))).toEqual(
    expect.arrayContaining(["img_ids", "txt_ids"]),
  );
  const second = '{ "": [{ hidden_states: { split_dim: 1 } }, { | }] }';
  expect(completions(plan(second)).toSorted()).toEqual(output);
  expect(completions(plan("{ proj_out: [{ gather_dim: 1 }, { | }] }")).toSorted()).toEqual(output);
  expect(problems(plan('{ "": { hidden_states: { split_dim: 1 } }, proj_out: { gather_dim: 1 } }'))).toEqual([]);
  expect(problems(plan("{ proj_ot: { gather_dim: 1 } }")).join(" ")).toContain("'proj_out'");
});
