/**
 * @file What an editor shows for a document under a schema, as text: completions and hover at the mark `|`, problems.
 */
import { createRequire } from "node:module";
import type * as Service from "vscode-json-languageservice";

const service = createRequire(import.meta.url)("vscode-json-languageservice") as typeof Service;

export interface Editor {
  /** Labels with the text that they insert, sorted by label. */
  readonly completions: (marked: string) => Promise<string>;
  readonly hover: (marked: string) => Promise<string>;
  readonly problems: (text: string) => Promise<string>;
}

export function editorWith(schema: unknown): Editor {
  const language = service.getLanguageService({ clientCapabilities: service.ClientCapabilities.LATEST });
  const schemas = [{ uri: "test://schema", fileMatch: ["*"], schema: schema as Service.JSONSchema }];
  language.configure({ validate: true, schemas });
  return {
    completions: async (marked) => {
      const { document, offset } = open(marked);
      const parsed = language.parseJSONDocument(document);
      const list = await language.doComplete(document, document.positionAt(offset), parsed);
      return lines((list?.items ?? []).map(show).sort());
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
  return { document: service.TextDocument.create("test://document.json", "json", 1, text), offset };
}

function show({ label, textEdit, insertText }: Service.CompletionItem): string {
  return `${label}  =>  ${(textEdit?.newText ?? insertText ?? "").replace(/\s+/g, " ")}`;
}

function lines(texts: readonly string[]): string {
  return texts.map((text) => `    ${text}\n`).join("") || "    (nothing)\n";
}
