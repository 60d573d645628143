/**
 * @file Diagnostics as workflow commands of GitHub, which shows them at the lines of a change. Knows the escapes of that form.
 */
import { printable } from "../../compiler/diagnostics/frame.ts";
import type { Diagnostic, Related } from "../../compiler/diagnostics/types.ts";
import { STANDARD_INPUT } from "../../compiler/plan/source.ts";

const LEVELS = { error: "error", warning: "warning", note: "notice" } as const;

/** One line per diagnostic. */
export function annotations(diagnostics: readonly Diagnostic[]): string {
  return diagnostics.map((diagnostic) => `${annotation(diagnostic)}\n`).join("");
}

function annotation(diagnostic: Diagnostic): string {
  const { code, severity, message, related, hint } = diagnostic;
  const properties = [...placeOf(diagnostic), ["title", code] as const];
  const text = [message, ...related.map(relatedText), ...(hint === undefined ? [] : [`hint: ${hint}`])].join("\n");
  const listed = properties.map(([key, value]) => `${key}=${escapeProperty(String(value))}`).join(",");
  return `::${LEVELS[severity]} ${listed}::${escapeData(printable(text))}`;
}

/** The last column is the last character's. GitHub takes columns only of a place in one line. */
function placeOf({ file, start, end }: Diagnostic): readonly (readonly [string, string | number])[] {
  if (file === undefined || file === STANDARD_INPUT) return [];
  if (start === undefined) return [["file", file]];
  const last = end ?? start;
  const lines = [
    ["file", file],
    ["line", start.line],
  ] as const;
  if (last.line !== start.line) return [...lines, ["endLine", last.line]];
  const endColumn = Math.max(start.column, last.column - 1);
  return [...lines, ["col", start.column], ["endLine", last.line], ["endColumn", endColumn]];
}

function relatedText({ message, file, start, module, node }: Related): string {
  const place = [
    ...(file === undefined ? [] : [start === undefined ? file : `${file}:${start.line}:${start.column}`]),
    ...(module === undefined ? [] : [`module ${module === "" ? '""' : module}`]),
    ...(node === undefined ? [] : [`node ${node}`]),
  ];
  return `see: ${message}${place.length === 0 ? "" : ` (${place.join(", ")})`}`;
}

function escapeData(text: string): string {
  return text.replaceAll("%", "%25").replaceAll("\r", "%0D").replaceAll("\n", "%0A");
}

function escapeProperty(text: string): string {
  return escapeData(text).replaceAll(":", "%3A").replaceAll(",", "%2C");
}
