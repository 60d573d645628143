/**
 * @file Prints how a command ended: diagnostics to standard error and the result to standard output, or all of it as one
 * JSON document on standard output.
 */
import picocolors from "picocolors";
import { cliMessages } from "../compiler/diagnostics/catalog/cli.ts";
import { diagnose } from "../compiler/diagnostics/diagnose.ts";
import { textReader } from "../compiler/diagnostics/format.ts";
import { firstOf, renderDiagnostics, renderReport } from "../compiler/diagnostics/render.ts";
import type { Diagnostic } from "../compiler/diagnostics/types.ts";
import { limits } from "../compiler/limits/limits.ts";
import { annotations } from "./formats/github.ts";
import { sarifOf } from "./formats/sarif.ts";
import { readPages } from "./assist/read-pages.ts";
import type { Io } from "./io.ts";
import type { Format } from "./options.ts";
import { EXIT, type Outcome } from "./outcome.ts";

export interface Reported {
  readonly version: string;
  readonly command: string;
  readonly format: Format;
  readonly outcome: Outcome;
  readonly colors: boolean;
  /** Texts that are in no file, by the names that diagnostics use. */
  readonly texts?: ReadonlyMap<string, string>;
}

export function report({ version, command, format, outcome, texts, colors: hasColors }: Reported, io: Io): void {
  const { result, text, exitCode } = outcome;
  const diagnostics = printed(outcome.diagnostics);
  const read = textReader(texts);
  if (format === "sarif") return io.out(sarifOf({ version, exitCode, diagnostics }, { read, pages: readPages() }));
  if (format === "github") return io.out(`${annotations(diagnostics)}${text}`);
  if (format === "json" && outcome.beside !== true) {
    io.out(renderReport({ version, command, ok: exitCode === EXIT.fine, diagnostics, result }));
    return;
  }
  const colors = picocolors.createColors(hasColors);
  io.err(renderDiagnostics(diagnostics, { colors, read, width: Math.max(40, io.columns - 12) }));
  io.out(text);
}

/** Limits a long list: the first diagnostics, and a note that counts the rest. */
function printed(diagnostics: readonly Diagnostic[]): readonly Diagnostic[] {
  const limit = limits.diagnostics.most;
  const { shown, rest } = firstOf(diagnostics, limit);
  if (rest === null) return shown;
  const count = diagnostics.length - shown.length;
  return [...shown, diagnose(cliMessages.moreDiagnostics, { count, rest, limit })];
}
