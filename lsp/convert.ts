/**
 * @file From the compiler's spans and diagnostics to those of the protocol: positions count from 0 there. Knows no document.
 */
import { fileURLToPath, pathToFileURL } from "node:url";
import type * as Lsp from "vscode-languageserver/lib/common/api.js";
import type { TextDocument } from "vscode-languageserver-textdocument";
import type { Diagnostic, Position, Related, Severity, Span, TextEdit } from "../compiler/diagnostics/types.ts";

const SEVERITIES: Readonly<Record<Severity, Lsp.DiagnosticSeverity>> = { error: 1, warning: 2, note: 3 };

const SOURCE = "onnx-cp";

/** The text of a document. A byte order mark counts in the positions of a client, so a blank takes its place. */
export function textOf(document: TextDocument): string {
  return document.getText().replace(/^\ufeff/, " ");
}

/** The path of a document; other schemes (`untitled:`) keep their name. */
export function pathOf(uri: string): string {
  try {
    return uri.startsWith("file:") ? fileURLToPath(uri) : uri;
  } catch {
    return uri;
  }
}

export function uriOf(path: string): string {
  return /^[a-z][\w+.-]+:/i.test(path) && !/^[a-z]:[\\/]/i.test(path) ? path : pathToFileURL(path).href;
}

export function rangeOf({ start, end }: Pick<Span, "start" | "end">): Lsp.Range {
  return { start: positionOf(start), end: positionOf(end) };
}

function positionOf({ line, column }: Position): Lsp.Position {
  return { line: line - 1, character: column - 1 };
}

export function locationOf(span: Span): Lsp.Location {
  return { uri: uriOf(span.file), range: rangeOf(span) };
}

export function editOf(edit: TextEdit): Lsp.TextEdit {
  return { range: rangeOf(edit), newText: edit.text };
}

/** Where a diagnostic without a place in a plan is shown. */
export interface Anchor {
  /** The plan. */
  readonly file: string;
  /** As the client spells it. */
  readonly uri: string;
  /** The name of the model in the plan, or its beginning. */
  readonly range: Lsp.Range;
}

export function diagnosticOf(diagnostic: Diagnostic, anchor: Anchor): Lsp.Diagnostic {
  const { code, severity, message, hint, file, start, end, related } = diagnostic;
  const isPlaced = file !== undefined && start !== undefined && end !== undefined;
  const range = isPlaced ? rangeOf({ start, end }) : anchor.range;
  const place = { uri: isPlaced && file !== anchor.file ? uriOf(file) : anchor.uri, range };
  return {
    range,
    severity: SEVERITIES[severity],
    code,
    source: SOURCE,
    message: hint === undefined ? message : `${message}\nhint: ${hint}`,
    ...(related.length === 0 ? {} : { relatedInformation: related.map((each) => relatedOf(each, place)) }),
  };
}

/** What stands in the model, not in a file, is told at the place of the diagnostic. */
function relatedOf(
  { message, file, start, end, node, module }: Related,
  place: Lsp.Location,
): Lsp.DiagnosticRelatedInformation {
  const names = [
    ...(module === undefined ? [] : [`module ${module === "" ? '""' : module}`]),
    ...(node === undefined ? [] : [`node ${node}`]),
  ];
  const said = names.length === 0 ? message : `${message} (${names.join(", ")})`;
  const isPlaced = file !== undefined && start !== undefined && end !== undefined;
  return { message: said, location: isPlaced ? locationOf({ file, start, end }) : place };
}
