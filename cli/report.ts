/**
 * @file Prints how a command ended: diagnostics to standard error and the result to standard output, or all of it as one
 * JSON document on standard output.
 */
import picocolors from "picocolors";
import { renderDiagnostics, renderReport } from "../compiler/diagnostics/render.ts";
import { textReader } from "./files.ts";
import type { Io } from "./io.ts";
import type { Format } from "./options.ts";
import { EXIT, type Outcome } from "./outcome.ts";

export interface Reported {
  readonly version: string;
  readonly command: string;
  readonly format: Format;
  readonly outcome: Outcome;
}

export function report({ version, command, format, outcome }: Reported, io: Io): void {
  const { diagnostics, result, text, exitCode } = outcome;
  if (format === "json") {
    io.out(renderReport({ version, command, ok: exitCode === EXIT.fine, diagnostics, result }));
    return;
  }
  const colors = picocolors.createColors(io.colors);
  io.err(renderDiagnostics(diagnostics, { colors, read: textReader(), width: Math.max(40, io.columns - 12) }));
  io.out(text);
}
