/**
 * @file The language server: connects the protocol to the answers. Never throws at a client: a wrong request gets an error, an internal one
 * a message. Knows no process and no streams but the given ones.
 */
import type { Readable, Writable } from "node:stream";
import { createConnection, TextDocuments, TextDocumentSyncKind } from "vscode-languageserver/lib/common/api.js";
import type * as Lsp from "vscode-languageserver/lib/common/api.js";
import {
  createProtocolConnection,
  StreamMessageReader,
  StreamMessageWriter,
} from "vscode-languageserver-protocol/node.js";
import { TextDocument } from "vscode-languageserver-textdocument";
import { type Cursor, cursorAt } from "../compiler/plan/cursor/cursor.ts";
import { codeActions, completionItem, inlayHints, otherPlaces } from "./answers.ts";
import { createChecker } from "./checker/client.ts";
import { clientOf, NO_CLIENT, watchFiles } from "./client.ts";
import { modelIn } from "./checker/model-name.ts";
import type { CheckSettings } from "./checker/protocol.ts";
import { complete } from "./completion.ts";
import { type Anchor, diagnosticOf, pathOf, textOf, uriOf } from "./convert.ts";
import { createDocuments, type Documents, failure, isPlan, type Known } from "./documents.ts";
import { hoverText } from "./hover.ts";
import { settingsFrom } from "./settings.ts";

const SECTION = "onnxContextParallel";

const capabilities: Lsp.ServerCapabilities = {
  positionEncoding: "utf-16",
  textDocumentSync: { openClose: true, change: TextDocumentSyncKind.Incremental, save: true },
  completionProvider: { triggerCharacters: ['"', "{", ":", " ", "."] },
  hoverProvider: true,
  codeActionProvider: { codeActionKinds: ["quickfix"] },
  definitionProvider: true,
  referencesProvider: true,
  inlayHintProvider: true,
};

/** Serves one client until it says `exit` or closes `input`. The number is the exit code: 0 after `shutdown`, else 1. */
export function serve(input: Readable, output: Writable, version: string): Promise<number> {
  return new Promise((resolve) => {
    const watch: Lsp.WatchDog = { shutdownReceived: false, initialize: () => undefined, exit: (code) => end(code) };
    const protocol = (logger: Lsp.Logger): Lsp.ProtocolConnection =>
      createProtocolConnection(new StreamMessageReader(input), new StreamMessageWriter(output), logger);
    const connection = createConnection(protocol, watch);
    const close = start(connection, version);
    let isOver = false;
    const end = (code: number): void => {
      if (isOver) return;
      isOver = true;
      void close().then(() => resolve(code));
    };
    const closed = (): void => end(watch.shutdownReceived ? 0 : 1);
    input.on("end", closed).on("close", closed).on("error", closed);
    output.on("error", closed);
    connection.listen();
  });
}

/** What the answers share. */
interface Session {
  readonly connection: Lsp.Connection;
  readonly documents: TextDocuments<TextDocument>;
  readonly plans: Documents;
}

/** Registers the answers; the result ends the thread of checks. */
function start(connection: Lsp.Connection, version: string): () => Promise<void> {
  const documents = new TextDocuments(TextDocument);
  const { console: log } = connection;
  let client = NO_CLIENT;
  let settings: CheckSettings = settingsFrom(null, null);
  const all = (): readonly TextDocument[] => documents.all();
  const publish = publisher(connection, () => client.refreshes, all);
  const checker = createChecker((file, problem) => {
    log.error(problem);
    const document = documents.all().find(({ uri }) => pathOf(uri) === file);
    if (document !== undefined) publish.show(document, failure(problem));
  });
  const plans = createDocuments({ checker, settings: () => settings, all, show: publish.show });
  const configure = async (given: unknown): Promise<void> => {
    const pulled: unknown = client.pulls
      ? await connection.workspace.getConfiguration(SECTION).catch(() => given)
      : given;
    settings = settingsFrom(pulled ?? client.initial, client.folder);
    plans.checkAll();
  };
  connection.onInitialize((params) => {
    client = clientOf(params);
    settings = settingsFrom(client.initial, client.folder);
    return { capabilities, serverInfo: { name: "onnx-cp", version } };
  });
  connection.onInitialized(() => {
    void configure(client.initial);
    if (client.watches) void watchFiles(connection);
  });
  connection.onDidChangeConfiguration(({ settings: given }: { settings: unknown }) => {
    const own = (given as Record<string, unknown> | null)?.[SECTION];
    void configure(own ?? given);
  });
  connection.onDidChangeWatchedFiles(() => plans.checkAll());
  documents.onDidChangeContent(({ document }) => plans.opened(document));
  documents.onDidSave(() => plans.checkAll());
  documents.onDidClose(({ document }) => {
    plans.closed(document);
    publish.clear(document.uri);
  });
  answer({ connection, documents, plans });
  documents.listen(connection);
  return () => checker.close();
}

interface Publisher {
  readonly show: (document: TextDocument, known: Known) => void;
  readonly clear: (uri: string) => void;
}

/** Diagnostics by document: those of imported files are shown there. */
function publisher(
  connection: Lsp.Connection,
  refreshes: () => boolean,
  open: () => readonly TextDocument[],
): Publisher {
  // As the client spells it, where it has the file open.
  const spelled = (file: string): string => open().find(({ uri }) => pathOf(uri) === file)?.uri ?? uriOf(file);
  const others = new Map<string, readonly string[]>();
  const send = (uri: string, diagnostics: Lsp.Diagnostic[], version?: number): void => {
    const of = version === undefined ? {} : { version };
    void connection.sendDiagnostics({ uri, diagnostics, ...of }).catch(() => undefined);
  };
  return {
    show: (document, known) => {
      const anchor = anchorOf(document);
      const byUri = new Map<string, Lsp.Diagnostic[]>([[document.uri, []]]);
      // What an editor showed elsewhere is renewed, or removed.
      for (const uri of others.get(document.uri) ?? []) byUri.set(uri, []);
      for (const each of known.diagnostics) {
        const isHere = each.start === undefined || each.file === anchor.file;
        const uri = isHere ? document.uri : spelled(each.file ?? anchor.file);
        byUri.set(uri, [...(byUri.get(uri) ?? []), diagnosticOf(each, anchor)]);
      }
      others.set(
        document.uri,
        [...byUri.keys()].filter((uri) => uri !== document.uri),
      );
      for (const [uri, found] of byUri) send(uri, found, uri === document.uri ? document.version : undefined);
      if (refreshes()) void connection.languages.inlayHint.refresh().catch(() => undefined);
    },
    clear: (uri) => {
      for (const each of [uri, ...(others.get(uri) ?? [])]) send(each, []);
      others.delete(uri);
    },
  };
}

/** The questions about one position or range. */
function answer({ connection, documents, plans }: Session): void {
  const planAt = (uri: string): TextDocument | undefined => (isPlan(uri) ? documents.get(uri) : undefined);
  const cursorIn = async (document: TextDocument, position: Lsp.Position): Promise<Cursor | null> =>
    cursorAt(textOf(document), document.offsetAt(position), pathOf(document.uri));
  connection.onCompletion(async ({ textDocument: { uri }, position }) => {
    const document = planAt(uri);
    const cursor = document && (await cursorIn(document, position));
    if (!document || !cursor) return [];
    const outline = await plans.outline(document);
    const place = { cursor, document, position: document.offsetAt(position) };
    // In the order of the proposals, not of the alphabet.
    return complete(cursor, outline).map((proposal, i) => ({
      ...completionItem(proposal, place),
      sortText: String(i).padStart(5, "0"),
    }));
  });
  connection.onHover(async ({ textDocument: { uri }, position }) => {
    const document = planAt(uri);
    const cursor = document && (await cursorIn(document, position));
    if (!document || !cursor?.isWritten) return null;
    const bounds = plans.known(uri)?.bounds ?? [];
    const text = hoverText({ cursor, outline: await plans.outline(document), bounds });
    if (text === null) return null;
    const range = { start: document.positionAt(cursor.start), end: document.positionAt(cursor.end) };
    return { contents: { kind: "markdown", value: text }, range };
  });
  connection.onCodeAction(({ textDocument: { uri }, range }) => {
    const path = pathOf(uri);
    return documents.all().flatMap((document) => {
      const known = plans.known(document.uri);
      // Edits of another version would go astray.
      if (known?.version !== document.version) return [];
      const isRead = document.uri === uri || known.imports.includes(path);
      return isRead ? codeActions(known.diagnostics, path, range, anchorOf(document)) : [];
    });
  });
  const places = ({ textDocument: { uri }, position }: Lsp.TextDocumentPositionParams): Lsp.Location[] => {
    const document = planAt(uri);
    const known = plans.known(uri);
    if (!document || known === undefined) return [];
    return [...otherPlaces(known.diagnostics, known.bounds, pathOf(uri), document.offsetAt(position))];
  };
  connection.onDefinition(places);
  connection.onReferences(places);
  connection.languages.inlayHint.on(({ textDocument: { uri }, range }) => {
    const known = plans.known(uri);
    return known === undefined ? [] : [...inlayHints(known.bounds, pathOf(uri), range)];
  });
}

/** The value of `$model`, or the first character. */
function anchorOf(document: TextDocument): Anchor {
  const { start, end } = modelIn(textOf(document)) ?? { start: 0, end: 1 };
  const range = { start: document.positionAt(start), end: document.positionAt(end) };
  return { file: pathOf(document.uri), uri: document.uri, range };
}
