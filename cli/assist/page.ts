/**
 * @file The page of all diagnostics as data, and one of them as text for a terminal. Knows the form of docs/errors.md, no file system.
 */

/** A paragraph, or a block of code, of which `language` is `text` for what a command prints. */
export type Block =
  | { readonly kind: "text"; readonly text: string }
  | { readonly kind: "code"; readonly language: string; readonly text: string };

export interface Page {
  readonly code: string;
  readonly severity: string;
  readonly title: string;
  readonly blocks: readonly Block[];
}

/** By code, in the order of the page. */
export function pagesOf(markdown: string): ReadonlyMap<string, Page> {
  const sections = markdown.split(/^(?=### CP\d{4}$)/m).slice(1);
  const pages = sections.map((section): Page => {
    const [, code = "", title = "", severity = ""] = /^### (CP\d{4})\n\n\*\*(.*)\*\* \((\w+)\)\n/.exec(section) ?? [];
    const body = section.slice(section.indexOf(`(${severity})\n`) + severity.length + 3);
    return { code, severity, title, blocks: blocksOf(body.split(/^## /m)[0] ?? "") };
  });
  return new Map(pages.map((page) => [page.code, page]));
}

const FENCE = /^```(\w*)\n([\s\S]*?)^```$/gm;

function blocksOf(body: string): readonly Block[] {
  const blocks: Block[] = [];
  let end = 0;
  for (const match of body.matchAll(FENCE)) {
    const [all, language = "", text = ""] = match;
    blocks.push(...paragraphs(body.slice(end, match.index)), { kind: "code", language, text });
    end = match.index + all.length;
  }
  return [...blocks, ...paragraphs(body.slice(end))];
}

/** Names and types of parameters are for readers of the source. */
function paragraphs(text: string): readonly Block[] {
  const parts = text.split(/\n{2,}/).map((part) => part.trim());
  return parts
    .filter((part) => part !== "" && !part.startsWith("Parameters: "))
    .map((part) => ({ kind: "text", text: plain(part) }));
}

/** Markdown without its marks: links by their text, code without quotes. */
function plain(text: string): string {
  return text
    .replaceAll(/\[([^\]]*)\]\([^)]*\)/g, "$1")
    .replaceAll("`", "")
    .replaceAll(/\s*\n\s*/g, " ");
}

/** Paragraphs are wrapped at `width` columns, code is indented and never cut. */
export function pageText({ code, severity, title, blocks }: Page, width: number): string {
  const head = `${severity} ${code}: ${title}\n`;
  const parts = blocks.map((block) => (block.kind === "code" ? codeText(block) : wrapped(block.text, width)));
  return [head, ...parts].join("\n");
}

function codeText({ language, text }: Extract<Block, { kind: "code" }>): string {
  const prompt = language === "sh" ? "$ " : "";
  const lines = text.trimEnd().split("\n");
  return lines.map((line, i) => `    ${i === 0 ? prompt : ""}${line}`.trimEnd().concat("\n")).join("");
}

function wrapped(text: string, width: number): string {
  let line = "";
  let all = "";
  for (const word of text.split(" ")) {
    if (line !== "" && line.length + 1 + word.length > width) {
      all += `${line}\n`;
      line = "";
    }
    line = line === "" ? word : `${line} ${word}`;
  }
  return `${all}${line}\n`;
}
