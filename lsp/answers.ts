/**
 * @file Answers about a checked plan in the form of the protocol: fixes, places of a conflict, hints in the line. Knows no connection.
 */
import type * as Lsp from "vscode-languageserver/lib/common/api.js";
import type { TextDocument } from "vscode-languageserver-textdocument";
import type { Diagnostic, Span } from "../compiler/diagnostics/types.ts";
import { print, type Written } from "../compiler/plan/edits/written.ts";
import type { Cursor } from "../compiler/plan/cursor/cursor.ts";
import type { Bound } from "./checker/protocol.ts";
import type { Proposal } from "./completion.ts";
import { type Anchor, diagnosticOf, editOf, locationOf, rangeOf } from "./convert.ts";
import { splitShape } from "./hover.ts";

/** Values of `CompletionItemKind`. */
const KINDS: Readonly<Record<Proposal["kind"], Lsp.CompletionItemKind>> = {
  module: 9,
  parameter: 6,
  output: 6,
  field: 10,
  value: 12,
  scheme: 20,
};

/** Edits of a completion stay in one line. */
export function completionItem(
  proposal: Proposal,
  place: { readonly cursor: Cursor; readonly document: TextDocument; readonly position: number },
): Lsp.CompletionItem {
  const { cursor, document, position } = place;
  const { label, value, isKey, kind, detail, documentation } = proposal;
  const isTypescript = document.uri.endsWith(".ts");
  const language: Pick<Written, "key"> = {
    key: (name) => (isTypescript && isWord(name) ? name : JSON.stringify(name)),
  };
  const text = isKey
    ? `${language.key(label)}${cursor.hasValue ? "" : `: ${print(value, language)}`}`
    : print(value, language);
  const range = { start: document.positionAt(cursor.start), end: document.positionAt(cursor.end) };
  const typed = document.getText({ start: range.start, end: document.positionAt(position) });
  return {
    label: label === "" ? '""' : label,
    kind: KINDS[kind],
    // Editors compare it with what is typed, the quote included.
    filterText: typed.startsWith('"') || typed.startsWith("'") ? `${typed[0]}${label}` : label,
    textEdit: { range, newText: text },
    ...(detail === undefined ? {} : { detail }),
    ...(documentation ? { documentation: { kind: "markdown", value: documentation } } : {}),
  };
}

function isWord(name: string): boolean {
  return /^[A-Za-z_$][\w$]*$/.test(name);
}

/** A quick fix for each way to do what a hint says; the first one is preferred. `file` is that of the range, maybe one that the plan imports. */
export function codeActions(
  found: readonly Diagnostic[],
  file: string,
  range: Lsp.Range,
  anchor: Anchor,
): readonly Lsp.CodeAction[] {
  return found.flatMap((diagnostic) => {
    const shown = diagnosticOf(diagnostic, anchor);
    const at = diagnostic.start === undefined ? anchor.file : diagnostic.file;
    if (at !== file || !overlaps(shown.range, range)) return [];
    return (diagnostic.fixes ?? [])
      .filter(({ edits }) => edits !== undefined)
      .map(({ title, edits = [] }, i): Lsp.CodeAction => ({
        title: `${title} (${diagnostic.code})`,
        kind: "quickfix",
        diagnostics: [shown],
        isPreferred: i === 0,
        // All edits of a fix are in the plan.
        edit: { changes: { [anchor.uri]: edits.map(editOf) } },
      }));
  });
}

/** The other places of what is reported at an offset; without any, the entries that split what is gathered there. */
export function otherPlaces(
  found: readonly Diagnostic[],
  bounds: readonly Bound[],
  file: string,
  offset: number,
): readonly Lsp.Location[] {
  const related = found
    .filter(
      ({ start, end, file: at }) =>
        at === file && start !== undefined && end !== undefined && within({ start, end }, offset),
    )
    .flatMap((diagnostic) => diagnostic.related)
    .flatMap(({ file: at, start, end }) => (at === undefined || !start || !end ? [] : [{ file: at, start, end }]));
  const origins = bounds
    .filter(({ span, keySpan }) => within(span, offset) || (keySpan !== null && within(keySpan, offset)))
    .flatMap(({ from }) => from.flatMap(({ span }) => (span === null ? [] : [span])));
  const users = bounds.filter(({ from }) => from.some(({ span }) => span !== null && within(span, offset)));
  const places = related.length > 0 ? related : origins.length > 0 ? origins : users.map(({ span }) => span);
  const locations = places.map(locationOf);
  return [...new Map(locations.map((location) => [JSON.stringify(location), location])).values()];
}

/** Behind each spec, what it is in the model. */
export function inlayHints(bounds: readonly Bound[], file: string, range: Lsp.Range): readonly Lsp.InlayHint[] {
  const bySpec = new Map<string, Bound[]>();
  for (const bound of bounds) {
    if (bound.span.file !== file) continue;
    const id = `${bound.span.start.offset}:${bound.span.end.offset}`;
    bySpec.set(id, [...(bySpec.get(id) ?? []), bound]);
  }
  return [...bySpec.values()].flatMap((group) => {
    const [first] = group;
    if (first === undefined) return [];
    const position = rangeOf(first.span).end;
    if (position.line < range.start.line || position.line > range.end.line) return [];
    return [{ position, label: hintLabel(group), paddingLeft: true }];
  });
}

function hintLabel(group: readonly Bound[]): string {
  const present = group.filter(({ value, evidence }) => value !== null && evidence !== "skipped");
  const [first] = present;
  if (first === undefined) return group.length === 1 ? "no effect" : `no effect in ${group.length} modules`;
  const count = group.length === 1 ? "" : ` in ${present.length} of ${group.length} modules`;
  return `${first.value} ${splitShape(first)}${count}`;
}

function overlaps(a: Lsp.Range, b: Lsp.Range): boolean {
  return !isBefore(a.end, b.start) && !isBefore(b.end, a.start);
}

function isBefore(a: Lsp.Position, b: Lsp.Position): boolean {
  return a.line < b.line || (a.line === b.line && a.character < b.character);
}

function within({ start, end }: Pick<Span, "start" | "end">, offset: number): boolean {
  return start.offset <= offset && offset <= end.offset;
}
