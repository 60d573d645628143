/**
 * @file Renders diagnostics: as text with the lines that they point to, and as the JSON document for tools. Colours and the text of files
 * come from the caller; nothing here reads or prints.
 */
import { codeFrame, printable } from "./frame.ts";
import { forReport } from "./diagnose.ts";
import type { Diagnostic, Position, Related, Severity } from "./types.ts";

/** Wraps text in a terminal's colours. */
export interface Colors {
  readonly bold: (text: string) => string;
  readonly dim: (text: string) => string;
  readonly red: (text: string) => string;
  readonly yellow: (text: string) => string;
  readonly cyan: (text: string) => string;
}

export interface RenderOptions {
  readonly colors?: Colors;
  /** Text of a file that a diagnostic names, by the same spelling; `undefined` if it cannot be shown. */
  readonly read?: (file: string) => string | undefined;
  /** Columns of code next to the margin; longer lines are cut around the range. Default 96. */
  readonly width?: number;
}

const same = (text: string): string => text;
export const noColors: Colors = { bold: same, dim: same, red: same, yellow: same, cyan: same };

interface Place {
  readonly file?: string | undefined;
  readonly start?: Position | undefined;
  readonly end?: Position | undefined;
}

/** All diagnostics as text, in their order, each with its code frame and hint, then the count of errors and warnings. */
export function renderDiagnostics(diagnostics: readonly Diagnostic[], options: RenderOptions = {}): string {
  if (diagnostics.length === 0) return "";
  const blocks = diagnostics.map((diagnostic) => renderDiagnostic(diagnostic, options));
  const counts = (["error", "warning"] as const).flatMap((severity) => count(diagnostics, severity));
  return [...blocks, ...(counts.length === 0 ? [] : [`${counts.join(", ")}\n`])].join("\n");
}

/**
 * The first `most` diagnostics, errors before others, in their order; and how many of each severity are left out, as text: `3 errors, 1
 * note`. Null where none is.
 */
export function firstOf(
  diagnostics: readonly Diagnostic[],
  most: number,
): { readonly shown: readonly Diagnostic[]; readonly rest: string | null } {
  if (diagnostics.length <= most) return { shown: diagnostics, rest: null };
  const bySeverity = (["error", "warning", "note"] as const).flatMap((severity) =>
    diagnostics.filter((d) => d.severity === severity),
  );
  const chosen = new Set(bySeverity.slice(0, most));
  const left = bySeverity.slice(most);
  const counts = (["error", "warning", "note"] as const).flatMap((severity) => count(left, severity));
  return { shown: diagnostics.filter((d) => chosen.has(d)), rest: counts.join(", ") };
}

/** One diagnostic as text, ending in a line feed. */
function renderDiagnostic(diagnostic: Diagnostic, options: RenderOptions = {}): string {
  const colors = options.colors ?? noColors;
  const head = paint(diagnostic.severity, colors)(`${diagnostic.severity} ${diagnostic.code}`);
  const lines = [
    ...block(`${head}${colors.bold(":")} `, colors.bold, diagnostic.message, "  "),
    ...placeLines("at ", diagnostic, options),
    ...diagnostic.related.flatMap((related) => relatedLines(related, options)),
    ...(diagnostic.hint === undefined ? [] : block(`  ${colors.cyan("hint:")} `, same, diagnostic.hint, "        ")),
  ];
  return `${lines.join("\n")}\n`;
}

/** The output of `--format json`: one document with the outcome of the command. */
export interface Report {
  readonly version: string;
  readonly command: string;
  readonly ok: boolean;
  readonly diagnostics: readonly Diagnostic[];
  readonly result: unknown;
}

/** The report as JSON text, its keys always in the same order, ending in a line feed. */
export function renderReport(report: Report): string {
  const { version, command, ok, result } = report;
  const diagnostics = report.diagnostics.map(forReport);
  return `${JSON.stringify({ version, command, ok, diagnostics, result: result ?? null }, null, 2)}\n`;
}

function count(diagnostics: readonly Diagnostic[], severity: Severity): readonly string[] {
  const number = diagnostics.filter((d) => d.severity === severity).length;
  return number === 0 ? [] : [`${number} ${severity}${number === 1 ? "" : "s"}`];
}

function paint(severity: Severity, colors: Colors): (text: string) => string {
  const color = { error: colors.red, warning: colors.yellow, note: colors.cyan }[severity];
  return (text) => colors.bold(color(text));
}

/** Text of unknown origin after a label; its further lines are indented. */
function block(label: string, color: (text: string) => string, text: string, indent: string): readonly string[] {
  const [first = "", ...rest] = printable(text).split("\n");
  return [`${label}${color(first)}`, ...rest.map((line) => `${indent}${color(line)}`)];
}

function relatedLines(related: Related, options: RenderOptions): readonly string[] {
  const parts = [
    ...(related.module === undefined ? [] : [`module ${related.module === "" ? '""' : related.module}`]),
    ...(related.node === undefined ? [] : [`node ${related.node}`]),
  ];
  const where = parts.length === 0 ? "" : ` (${parts.join(", ")})`;
  return [...block("  see: ", same, `${related.message}${where}`, "       "), ...placeLines("  at ", related, options)];
}

function placeLines(label: string, place: Place, options: RenderOptions): readonly string[] {
  const { file, start, end } = place;
  if (file === undefined) return [];
  const colors = options.colors ?? noColors;
  const position = start === undefined ? "" : `:${start.line}:${start.column}`;
  const title = `  ${label}${colors.cyan(printable(file) + position)}`;
  return [title, ...(start === undefined ? [] : frameLines(file, start, end ?? start, options))];
}

function frameLines(file: string, start: Position, end: Position, options: RenderOptions): readonly string[] {
  const text = options.read?.(file);
  if (text === undefined) return [];
  const frame = codeFrame(text, start, end, options.width ?? 96);
  if (frame === null) return [];
  const colors = options.colors ?? noColors;
  const number = String(frame.line).padStart(5);
  const margin = " ".repeat(number.length);
  return [
    `${colors.dim(`${number} |`)} ${frame.code}`.trimEnd(),
    `${colors.dim(`${margin} |`)} ${colors.red(frame.carets)}`,
  ];
}
