/**
 * @file A plan is written with what the language server offers: from nothing, and from each of the typical mistakes.
 */
import { copyFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import type * as Lsp from "vscode-languageserver-protocol";
import { textOf } from "../errors/hints.ts";
import { mistakes } from "../errors/mistakes.ts";
import { fixture } from "../support/fixtures.ts";
import { type Editor, startEditor } from "./client.ts";

let editor: Editor;

beforeAll(async () => {
  editor = await startEditor();
  copyFileSync(fixture("flux/flux.dynamo18-dynamic.onnx"), join(editor.folder, "flux.onnx"));
});

afterAll(async () => {
  await editor.quit();
});

const errors = (found: readonly Lsp.Diagnostic[]): readonly unknown[] => found.filter((d) => d.severity === 1);
const codes = (found: readonly Lsp.Diagnostic[]): readonly unknown[] => found.map((d) => d.code);

test("a plan from nothing, by completions, hovers and fixes only", async () => {
  const plan = editor.open("new.plan.json", "{}\n");
  expect(codes(await plan.diagnostics())).toEqual(["CP1523", "CP7601"]);
  expect(await plan.fix()).toContain('"$model"');
  expect(plan.text()).toContain('"$model": "flux.onnx"');
  // Typing is a comma, a line, and brackets; names and numbers come from the server.
  plan.change(plan.text().replace('"flux.onnx"', '"flux.onnx",\n  '));
  await plan.complete('"flux.onnx",\n  ', '""');
  await plan.complete('"": {', "encoder_hidden_states");
  plan.change(plan.text().replace("3 }}", "3 }, }"));
  expect(plan.text()).toContain('"encoder_hidden_states": { "split_dim": 1, "expected_dims": 3 }, }');
  await plan.complete("3 }, ", "txt_ids");
  expect(plan.text()).toContain('"txt_ids": { "split_dim": 0, "expected_dims": 2 }');
  // The channels instead of the tokens: seen on hover, mended by the fix.
  plan.change(plan.text().replace('"expected_dims": 2 }', '"expected_dims": 2 }, "hidden_states": { "split_dim": }'));
  const axes = await plan.ask<Lsp.CompletionItem[]>("completion", { position: plan.at('"split_dim": ') });
  expect(axes.length).toBeGreaterThan(0);
  await plan.complete('"hidden_states": { "split_dim": ', "2");
  expect(await plan.hover('"hidden_stat')).toContain("`float32 [1, img, 16]`");
  for (let step = 0; step < 6; step += 1) {
    if (errors(await plan.diagnostics()).length === 0) break;
    expect(await plan.fix()).not.toBeNull();
  }
  expect(errors(await plan.diagnostics())).toEqual([]);
  expect(JSON.parse(plan.text())).toMatchObject({
    "": { hidden_states: { split_dim: 1 }, encoder_hidden_states: { split_dim: 1 }, txt_ids: { split_dim: 0 } },
    proj_out: { gather_dim: 1 },
  });
  expect(await plan.hover('"proj_o')).toContain('split by `"".hidden_states`');
  const [split] = await plan.ask<Lsp.Location[]>("definition", { position: plan.at('"proj_o') });
  expect(split?.range.start).toEqual(plan.at('"hidden_states": '));
  const range = { start: { line: 0, character: 0 }, end: { line: 99, character: 0 } };
  const hints = await plan.ask<Lsp.InlayHint[]>("inlayHint", { range });
  expect(hints.map(({ label }) => label)).toContain("hidden_states float32 [1, {img}, 16]");
});

test("a TypeScript plan from an empty file, by completions, hovers and fixes only", async () => {
  const plan = editor.open("new.plan.ts", "");
  expect(codes(await plan.diagnostics())).toEqual(["CP1207"]);
  expect(await plan.fix()).toContain("write export default definePlan({})");
  expect(plan.text()).toBe('import { definePlan } from "onnx-context-parallel";\nexport default definePlan({});');
  expect(codes(await plan.diagnostics())).toEqual(["CP1523", "CP7601"]);
  expect(await plan.fix()).toContain('"$model"');
  expect(plan.text()).toContain('$model: "flux.onnx"');
  // Typing is a comma, a line, brackets, and one `let` too many.
  plan.change(plan.text().replace('"flux.onnx"', '"flux.onnx", '));
  await plan.complete('"flux.onnx", ', '""');
  await plan.complete('"": {', "hidden_states");
  expect(plan.text()).toContain("hidden_states: { split_dim: 1, expected_dims: 3 }");
  plan.change(plan.text().replace("export default", "let ids = { split_dim: };\nexport default"));
  const axes = await plan.ask<Lsp.CompletionItem[]>("completion", { position: plan.at("split_dim: ") });
  expect(axes.length).toBeGreaterThan(0);
  await plan.complete("split_dim: ", "0");
  plan.change(
    plan.text().replace("split_dim: 1, expected_dims: 3 }", "split_dim: 2, expected_dims: 3 }, img_ids: idz"),
  );
  expect(codes(await plan.diagnostics())).toEqual(["CP1202", "CP1204"]);
  for (let step = 0; step < 12; step += 1) {
    if (errors(await plan.diagnostics()).length === 0) break;
    expect(await plan.fix(), plan.text()).not.toBeNull();
  }
  expect(errors(await plan.diagnostics())).toEqual([]);
  expect(plan.text()).toMatch(/const ids = \{ split_dim: 0 ?\};/);
  expect(plan.text()).toContain("img_ids: ids");
  expect(plan.text()).toContain("proj_out: { gather_dim: 1 }");
  expect(await plan.hover("hidden_stat")).toContain("`float32 [1, img, 16]`");
  expect(await plan.hover("proj_o")).toContain('split by `"".hidden_states`');
  const [split] = await plan.ask<Lsp.Location[]>("definition", { position: plan.at("proj_o") });
  expect(split?.range.start).toEqual(plan.at("hidden_states: "));
  const range = { start: { line: 0, character: 0 }, end: { line: 99, character: 0 } };
  const hints = await plan.ask<Lsp.InlayHint[]>("inlayHint", { range });
  expect(hints.map(({ label }) => label)).toContain("hidden_states float32 [1, {img}, 16]");
});

/** Those that a plan can mend; the inputs of a run are no part of it. */
const ofPlans = mistakes.filter(({ codes: all }) => !all.includes("CP6006"));

test.each(ofPlans)("$title: mended by its fixes", async ({ plan: written, options = "", codes: expected, title }) => {
  const ulysses = Number(/--ulysses-degree (\d+)/.exec(options)?.[1] ?? 2);
  const settings = { model: "flux.onnx", parallel: { ulysses_degree: ulysses }, strict: options.includes("--strict") };
  await editor.connection.sendNotification("workspace/didChangeConfiguration", {
    settings: { onnxContextParallel: settings },
  });
  const plan = editor.open(`${title.replaceAll(/\W/g, "-")}.plan.json`, textOf(written as Record<string, unknown>));
  const seen = new Set<unknown>();
  for (let step = 0; step < 5; step += 1) {
    const found = errors(await plan.diagnostics()) as readonly Lsp.Diagnostic[];
    if (found.length === 0) break;
    for (const { code } of found.slice(0, 1)) seen.add(code);
    expect(await plan.fix()).not.toBeNull();
  }
  expect(await plan.diagnostics().then(errors)).toEqual([]);
  expect([...seen]).toEqual(expected);
});

test("the other place of a conflict", async () => {
  const settings = { model: "flux.onnx", parallel: { ulysses_degree: 2 } };
  await editor.connection.sendNotification("workspace/didChangeConfiguration", {
    settings: { onnxContextParallel: settings },
  });
  const { plan: written } = mistakes.find(({ codes: all }) => all.includes("CP3018"))!;
  const plan = editor.open("conflict.plan.json", textOf(written as Record<string, unknown>));
  const [conflict] = await plan.diagnostics();
  expect(conflict?.code).toBe("CP3018");
  const related = conflict?.relatedInformation?.map(({ location }) => location.range.start.line);
  expect(related).toEqual([2]);
  const places = await plan.ask<Lsp.Location[]>("definition", { position: conflict!.range.start });
  expect(places.map(({ range }) => range.start.line)).toEqual([2]);
});

test("a TypeScript plan: completions, fixes, and an import that is not saved", async () => {
  writeFileSync(join(editor.folder, "lib.ts"), "export const tokens = { split_dim: 1 };\n");
  const library = editor.open("lib.ts", "export const tokens = { split_dim: 2 };\r\n");
  const text = [
    'import { definePlan } from "onnx-context-parallel";',
    'import { tokens } from "./lib.ts";',
    'export default definePlan({ $model: "flux.onnx",',
    '  "": { hidden_states: tokens, encoder_hidden_states: { split_dim: 1 }, },',
    "});",
  ].join("\r\n");
  const plan = editor.open("a.plan.ts", text);
  await plan.diagnostics();
  // Told where the axis is written; the buffer wins over the file, whose axis is right.
  await expect.poll(() => codes(library.shown())).toEqual(["CP4001"]);
  library.change(library.text().replace("2", "1"));
  await expect.poll(() => codes(library.shown())).not.toContain("CP4001");
  await plan.complete("{ split_dim: 1 }, ", "img_ids");
  expect(plan.text()).toContain("img_ids: { split_dim: 0, expected_dims: 2 }");
  await plan.diagnostics();
  // The missing gather is told where the split is written, in the other file; its fix is for the plan.
  await expect.poll(() => codes(library.shown())).toEqual(["CP4007"]);
  const fixes = async (): Promise<readonly Lsp.CodeAction[]> =>
    library.ask("codeAction", { range: library.shown()[0]!.range, context: {} });
  const titles = ['add "proj_out": {"gather_dim":1} to the plan (CP4007)'];
  await expect.poll(async () => (await fixes()).map(({ title }) => title)).toEqual(titles);
  plan.apply((await fixes())[0]?.edit?.changes?.[plan.uri] ?? []);
  expect(plan.text()).toContain("\r\n  proj_out: { gather_dim: 1 }");
  expect(errors(await plan.diagnostics())).toEqual([]);
  expect(await plan.hover("hidden_st")).toContain("`float32 [1, img, 16]`");
});
