/**
 * @file The language server stays through what clients and disks do, and ends when its client does.
 */
import { copyFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import type * as Lsp from "vscode-languageserver-protocol";
import { fixture } from "../support/fixtures.ts";
import { type Buffered, startEditor } from "./client.ts";

const codes = (found: readonly Lsp.Diagnostic[]): readonly unknown[] => found.map((d) => d.code);
const good = '{ "$model": "flux.onnx", "": { "hidden_states": { "split_dim": 1 } }, "proj_out": { "gather_dim": 1 } }';

test("requests that are wrong get an error, and the next one an answer", async () => {
  const editor = await startEditor();
  const { connection } = editor;
  expect(await connection.sendRequest("textDocument/hover", { textDocument: 7 })).toBeNull();
  await expect(connection.sendRequest("textDocument/completion", 7)).rejects.toThrow(/textDocument|failed|undefined/);
  await expect(connection.sendRequest("no/such", {})).rejects.toThrow("Unhandled method");
  const nowhere = { textDocument: { uri: "file:///no/such.plan.json" }, position: { line: 9, character: 9 } };
  expect(await connection.sendRequest("textDocument/completion", nowhere)).toEqual([]);
  expect(await connection.sendRequest("textDocument/hover", nowhere)).toBeNull();
  const plan = editor.open("a.plan.json", "{");
  expect(codes(await plan.diagnostics())).toEqual(["CP1101"]);
  for (const position of [
    { line: 0, character: 99 },
    { line: 99, character: 0 },
  ]) {
    expect(await plan.ask("completion", { position })).toBeInstanceOf(Array);
  }
  expect(await editor.quit()).toBe(0);
});

test("a model that vanishes, a plan of 5 MB, and a text in UTF-16 units", async () => {
  const editor = await startEditor();
  const model = join(editor.folder, "flux.onnx");
  copyFileSync(fixture("flux/flux.dynamo18-dynamic.onnx"), model);
  const plan = editor.open("a.plan.json", good);
  expect(codes(await plan.diagnostics())).not.toContain("CP2001");
  rmSync(model);
  plan.change(`${good}\n`);
  const [gone] = await plan.diagnostics();
  expect(gone?.severity).toBe(1);
  // Shown at the name of the model.
  expect(gone?.range.start).toEqual(plan.at('"$model": '));
  const large = editor.open("large.plan.json", `{ "$comment": "${"x".repeat(5_000_000)}" }`);
  expect(codes(await large.diagnostics())).toEqual(["CP1007"]);
  // Each of these characters has two units.
  const wide = editor.open("wide.plan.json", '{ "$comment": "\u{1F600}\u{1F600}", "proj_out": { "gather_dims": 1 } }');
  const found = (await wide.diagnostics()).find(({ code }) => code === "CP1502");
  expect(found?.range.start).toEqual(wide.at('"proj_out": { '));
  expect(await editor.quit()).toBe(0);
});

/** The codes of a plan, and after the first fix. */
async function fixedCodes(plan: Buffered): Promise<readonly (readonly unknown[])[]> {
  const before = codes(await plan.diagnostics());
  await plan.fix();
  return [before, codes(errorsOf(await plan.diagnostics()))];
}

const errorsOf = (found: readonly Lsp.Diagnostic[]): readonly Lsp.Diagnostic[] =>
  found.filter(({ severity }) => severity === 1);
const typescript = (model: string): string =>
  `import { definePlan } from "onnx-context-parallel";\nconst NAME = "flux";\nexport default definePlan({ $model: ${model}, "": { hidden_states: { split_dim: 1 } }, proj_out: { gather_dim: 1 } });\n`;

test("a byte order mark counts in the positions of a client", async () => {
  const editor = await startEditor();
  const plan = editor.open("a.plan.json", '\ufeff{ "proj_out": { "gather_dims": 1 } }');
  expect(await fixedCodes(plan)).toEqual([["CP1502"], []]);
  expect(plan.text()).toBe('\ufeff{ "proj_out": { "gather_dim": 1 } }');
  const other = editor.open("a.plan.ts", '\ufeffexport default definePlan({ a: { gather_dim: "1" } });');
  await other.fix();
  expect(other.text()).toMatch(
    /^\ufeffimport \{ definePlan \} from "onnx-context-parallel";\nexport default definePlan/,
  );
  expect(await editor.quit()).toBe(0);
});

test("the model is the one that the plan names, not a comment", async () => {
  const editor = await startEditor();
  copyFileSync(fixture("flux/flux.dynamo18-dynamic.onnx"), join(editor.folder, "flux.onnx"));
  const commented = editor.open(
    "a.plan.jsonc",
    good.replace("{", '{ // "$model": "old.onnx"\n /* "$model": "older.onnx" */'),
  );
  expect(errorsOf(await commented.diagnostics())).toEqual([]);
  const computed = editor.open("a.plan.ts", typescript("`${NAME}.onnx`"));
  expect(codes(await computed.diagnostics())).not.toContain("CP7601");
  expect(await computed.hover("hidden_stat")).toContain("`float32 [1, img, 16]`");
  const none = editor.open("b.plan.ts", typescript('""'));
  expect(await fixedCodes(none)).toEqual([["CP7601"], []]);
  expect(none.text()).toBe(typescript('"flux.onnx"'));
  expect(await editor.quit()).toBe(0);
});

test("a plan is renamed, its model is exported again, and the settings change", async () => {
  const editor = await startEditor({}, { workspace: { didChangeWatchedFiles: { dynamicRegistration: true } } });
  const watched = new Promise<unknown>((resolve) => {
    editor.connection.onRequest("client/registerCapability", (params) => resolve(params));
  });
  const model = join(editor.folder, "flux.onnx");
  const first = editor.open("a.plan.json", good);
  expect(codes(await first.diagnostics())).toEqual(["CP2001"]);
  await first.close();
  await expect.poll(() => first.shown()).toEqual([]);
  copyFileSync(fixture("wan/wan.dynamo18-dynamic.onnx"), model);
  const plan = editor.open("b.plan.json", good);
  const second = editor.open("c.plan.json", good.replace('"flux.onnx"', '"./flux.onnx"'));
  expect(codes(await plan.diagnostics())).not.toContain("CP2001");
  expect(errorsOf(await plan.diagnostics())).not.toEqual([]);
  expect(codes(await second.diagnostics())).toEqual(codes(await plan.diagnostics()));
  expect(JSON.stringify(await watched)).toContain("**/*.onnx");
  copyFileSync(fixture("flux/flux.dynamo18-dynamic.onnx"), model);
  await editor.connection.sendNotification("workspace/didChangeWatchedFiles", { changes: [] });
  await expect.poll(() => errorsOf([...plan.shown(), ...second.shown()]), { timeout: 20_000 }).toEqual([]);
  await editor.connection.sendNotification("workspace/didChangeConfiguration", {
    settings: { onnxContextParallel: { parallel: { ulysses_degree: 0 } } },
  });
  await expect.poll(() => codes(errorsOf(plan.shown()))).toEqual(["CP1504"]);
  expect(await editor.quit()).toBe(0);
});

test("edits are for the document as its client spells it", async () => {
  const editor = await startEditor();
  const plan = editor.open("a (1) \u{1F600}.plan.json", '{ "proj_out": { "gather_dims": 1 } }', (uri) =>
    uri.replaceAll("(", "%28").replaceAll(")", "%29"),
  );
  expect(plan.uri).toContain("%281%29");
  expect(await fixedCodes(plan)).toEqual([["CP1502"], []]);
  expect(await editor.quit()).toBe(0);
});

test("a client that closes its end leaves no process", async () => {
  const editor = await startEditor();
  await editor.open("a.plan.json", "{}").diagnostics();
  editor.process.stdin?.end();
  expect(await editor.exitCode()).toBe(1);
});

test("an exit without a shutdown has the code 1", async () => {
  const editor = await startEditor();
  await editor.connection.sendNotification("exit");
  expect(await editor.exitCode()).toBe(1);
});
