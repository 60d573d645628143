/**
 * @file An editor for tests: starts `onnx-cp lsp --stdio`, speaks the protocol with it, and applies its edits to a text.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import * as rpc from "vscode-jsonrpc/node.js";
import type * as Lsp from "vscode-languageserver-protocol";
import { TextDocument } from "vscode-languageserver-textdocument";

export interface Editor {
  readonly folder: string;
  readonly process: ChildProcess;
  readonly connection: rpc.MessageConnection;
  /** `spell` is how this client writes URIs. */
  readonly open: (name: string, text: string, spell?: (uri: string) => string) => Buffered;
  /** Ends the session; the exit code of the server. */
  readonly quit: () => Promise<number | null>;
  /** Without a word to the server. */
  readonly exitCode: () => Promise<number | null>;
}

/** An open document. */
export interface Buffered {
  readonly uri: string;
  readonly text: () => string;
  readonly change: (text: string) => void;
  readonly close: () => Promise<void>;
  /** Of the text as it is. */
  readonly diagnostics: () => Promise<readonly Lsp.Diagnostic[]>;
  /** What is shown at the moment, of whichever text. */
  readonly shown: () => readonly Lsp.Diagnostic[];
  /** At the end of the first occurrence of a text. */
  readonly at: (after: string) => Lsp.Position;
  readonly ask: <T>(method: string, more: object) => Promise<T>;
  readonly apply: (edits: readonly Lsp.TextEdit[]) => void;
  /** Chooses a completion by its label. */
  readonly complete: (after: string, label: string) => Promise<void>;
  readonly hover: (after: string) => Promise<string | null>;
  /** Applies the first fix of the first problem that has one; its title. */
  readonly fix: () => Promise<string | null>;
}

/** What is published while the proof runs. */
const PROVING = "CP7603";

const bin = fileURLToPath(new URL("../../bin/onnx-cp.js", import.meta.url));

export async function startEditor(settings: object = {}, capabilities: object = {}): Promise<Editor> {
  const process = spawn("node", [bin, "lsp", "--stdio"], { stdio: ["pipe", "pipe", "inherit"] });
  const reader = new rpc.StreamMessageReader(process.stdout);
  const connection = rpc.createMessageConnection(reader, new rpc.StreamMessageWriter(process.stdin));
  const published = new Map<string, Lsp.PublishDiagnosticsParams>();
  const waiting = new Set<() => void>();
  connection.onNotification("textDocument/publishDiagnostics", (params: Lsp.PublishDiagnosticsParams) => {
    published.set(params.uri, params);
    for (const wake of waiting) wake();
  });
  connection.listen();
  const folder = mkdtempSync(join(tmpdir(), "lsp-"));
  const exitCode = new Promise<number | null>((resolve) => void process.on("exit", resolve));
  await connection.sendRequest("initialize", {
    processId: null,
    rootUri: null,
    workspaceFolders: [{ uri: pathToFileURL(folder).href, name: "test" }],
    initializationOptions: settings,
    capabilities,
  });
  await connection.sendNotification("initialized", {});
  const diagnosticsOf = async (uri: string, version: number): Promise<readonly Lsp.Diagnostic[]> => {
    for (;;) {
      const found = published.get(uri);
      const isDone = found?.diagnostics.every(({ code }) => code !== PROVING);
      if (found?.version === version && isDone === true) return found.diagnostics;
      await new Promise<void>((resolve) => {
        const wake = (): void => void (waiting.delete(wake), resolve());
        waiting.add(wake);
      });
    }
  };
  const shown = (uri: string): readonly Lsp.Diagnostic[] => published.get(uri)?.diagnostics ?? [];
  const open: Editor["open"] = (name, text, spell = (uri) => uri) =>
    buffered({ connection, uri: spell(pathToFileURL(join(folder, name)).href), text, diagnosticsOf, shown });
  const quit = async (): Promise<number | null> => {
    await connection.sendRequest("shutdown");
    await connection.sendNotification("exit");
    return exitCode;
  };
  return { folder, process, connection, open, quit, exitCode: () => exitCode };
}

interface Options {
  readonly connection: rpc.MessageConnection;
  readonly uri: string;
  readonly text: string;
  readonly diagnosticsOf: (uri: string, version: number) => Promise<readonly Lsp.Diagnostic[]>;
  readonly shown: (uri: string) => readonly Lsp.Diagnostic[];
}

function buffered({ connection, uri, text: initial, diagnosticsOf, shown }: Options): Buffered {
  let document = TextDocument.create(uri, uri.endsWith(".ts") ? "typescript" : "json", 1, initial);
  const { languageId, version } = document;
  void connection.sendNotification("textDocument/didOpen", {
    textDocument: { uri, languageId, version, text: initial },
  });
  const textDocument = { uri };
  const at = (after: string): Lsp.Position => {
    const index = document.getText().indexOf(after);
    if (index < 0) throw new Error(`the text has no ${after}`);
    return document.positionAt(index + after.length);
  };
  const change = (text: string): void => {
    document = TextDocument.create(uri, languageId, document.version + 1, text);
    const { version: next } = document;
    void connection.sendNotification("textDocument/didChange", {
      textDocument: { uri, version: next },
      contentChanges: [{ text }],
    });
  };
  const ask = async <T>(method: string, more: object): Promise<T> =>
    connection.sendRequest(`textDocument/${method}`, { textDocument, ...more });
  const diagnostics = (): Promise<readonly Lsp.Diagnostic[]> => diagnosticsOf(uri, document.version);
  return {
    uri,
    text: () => document.getText(),
    change,
    close: () => connection.sendNotification("textDocument/didClose", { textDocument }),
    diagnostics,
    shown: () => shown(uri),
    at,
    ask,
    apply: (edits) => change(TextDocument.applyEdits(document, [...edits])),
    complete: async (after, label) => {
      const items = await ask<Lsp.CompletionItem[]>("completion", { position: at(after) });
      const item = items.find((each) => each.label === label);
      if (item?.textEdit === undefined)
        throw new Error(`no ${label} among ${items.map((each) => each.label).join(", ")}`);
      change(TextDocument.applyEdits(document, [item.textEdit as Lsp.TextEdit]));
    },
    hover: async (after) => {
      const found = await ask<Lsp.Hover | null>("hover", { position: at(after) });
      return found === null ? null : (found.contents as Lsp.MarkupContent).value;
    },
    fix: async () => {
      for (const { range } of await diagnostics()) {
        const actions = await ask<Lsp.CodeAction[]>("codeAction", { range, context: { diagnostics: [] } });
        const action = actions.find(({ isPreferred }) => isPreferred === true);
        if (action === undefined) continue;
        change(TextDocument.applyEdits(document, action.edit?.changes?.[uri] ?? []));
        return action.title;
      }
      return null;
    },
  };
}
