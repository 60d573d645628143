/**
 * @file The language server stays through what clients and disks do, and ends when its client does.
 */
import { copyFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import type * as Lsp from "vscode-languageserver-protocol";
import { fixture } from "../support/fixtures.ts";
import { startEditor } from "./client.ts";

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
