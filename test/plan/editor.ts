/**
 * @file What an editor shows for a document under a schema, as text: completions and hover at the mark `|`, problems.
 */
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { fileURLToPath, pathToFileURL } from "node:url";
import type * as Service from "vscode-json-languageservice";

const service = createRequire(import.meta.url)("vscode-json-languageservice") as typeof Service;

const DOCUMENT = pathToFileURL("plans/document.plan.json").href;

export interface Editor {
  /** Labels with the text that they insert, in the order of the editor. */
  readonly completions: (marked: string) => Promise<string>;
  readonly hover: (marked: string) => Promise<string>;
  readonly problems: (text: string) => Promise<string>;
}

/** Documents lie in `plans/`. Without a schema, an editor follows the `$schema` of a document. */
export function editorWith(schema?: unknown): Editor {
  const language = service.getLanguageService({
    clientCapabilities: service.ClientCapabilities.LATEST,
    schemaRequestService: async (uri) => readFileSync(fileURLToPath(uri), "utf8"),
    workspaceContext: { resolveRelativePath: (path, resource) => new URL(path, resource).href },
  });
  // The service resolves references in place.
  const own = structuredClone(schema) as Service.JSONSchema;
  const schemas = schema === undefined ? [] : [{ uri: "test://schema", fileMatch: ["*"], schema: own }];
  language.configure({ validate: true, schemas });
  return {
    completions: async (marked) => {
      const { document, offset } = open(marked);
      const parsed = language.parseJSONDocument(document);
      const list = await language.doComplete(document, document.positionAt(offset), parsed);
      return lines((list?.items ?? []).toSorted((a, b) => (sortOf(a) < sortOf(b) ? -1 : 1)).map(show));
    },
    hover: async (marked) => {
      const { document, offset } = open(marked);
      const parsed = language.parseJSONDocument(document);
      const hover = await language.doHover(document, document.positionAt(offset), parsed);
      return lines([JSON.stringify(hover?.contents ?? null)]);
    },
    problems: async (text) => {
      const { document } = open(text);
      const found = await language.doValidation(document, language.parseJSONDocument(document));
      return lines(
        found.map(({ range, message }) => `${range.start.line + 1}:${range.start.character + 1} ${message}`),
      );
    },
  };
}

function open(marked: string): { readonly document: Service.TextDocument; readonly offset: number } {
  const offset = marked.indexOf("|");
  const text = offset < 0 ? marked : marked.slice(0, offset) + marked.slice(offset + 1);
  return { document: service.TextDocument.create(DOCUMENT, "json", 1, text), offset };
}

function sortOf({ sortText, label }: Service.CompletionItem): string {
  return sortText ?? label;
}

function show({ label, textEdit, insertText }: Service.CompletionItem): string {
  return `${label}  =>  ${(textEdit?.newText ?? insertText ?? "").replace(/\s+/g, " ")}`;
}

function lines(texts: readonly string[]): string {
  return texts.map((text) => `    ${text}\n`).join("") || "    (nothing)\n";
}
