/**
 * @file The client of Visual Studio Code: starts `onnx-cp lsp --stdio` and connects plans to it. Knows nothing of plans.
 */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { workspace } from "vscode";
import { LanguageClient } from "vscode-languageclient/node";

const SECTION = "onnxContextParallel";

/** The words of the command: of the settings, else the package of the workspace, else that of npx. */
function command() {
  const given = workspace.getConfiguration(SECTION).get("server", []);
  if (given.length > 0) return given;
  const own = (workspace.workspaceFolders ?? [])
    .map(({ uri }) => join(uri.fsPath, "node_modules/onnx-context-parallel/bin/onnx-cp.js"))
    .find((path) => existsSync(path));
  return own === undefined ? ["npx", "onnx-cp"] : ["node", own];
}

let client;

export async function activate() {
  const [program, ...args] = command();
  const server = {
    command: program,
    args: [...args, "lsp", "--stdio"],
    options: { shell: process.platform === "win32" },
  };
  const watcher = workspace.createFileSystemWatcher("**/*.onnx");
  client = new LanguageClient(SECTION, "ONNX context-parallel plans", server, {
    documentSelector: [
      { scheme: "file", pattern: "**/*.plan.{json,jsonc,ts}" },
      { scheme: "file", language: "typescript" },
    ],
    synchronize: { configurationSection: SECTION, fileEvents: watcher },
  });
  await client.start();
}

export async function deactivate() {
  await client?.stop();
}
