/**
 * @file Diagnostics as a program prints them: with the lines of the files that they name. Knows no terminal.
 */
import { limits } from "../limits/limits.ts";
import { readRegularFileSync } from "../limits/read-file.ts";
import { noColors, renderDiagnostics } from "./render.ts";
import type { Colors } from "./render.ts";
import type { Diagnostic } from "./types.ts";

export interface FormatOptions {
  /** Functions that colour text for a terminal, for example those of picocolors. Default: none. */
  readonly colors?: Colors | undefined;
  /** Columns of a line of code; longer lines are cut around the place. Default: 96. */
  readonly width?: number | undefined;
}

/**
 * Message, place with the line of the file, and hint of every diagnostic, then the number of errors and warnings: what the command prints.
 * Empty without diagnostics. Files that cannot be read are named without their line.
 */
export function formatDiagnostics(diagnostics: readonly Diagnostic[], options: FormatOptions = {}): string {
  const { colors = noColors, width = 96 } = options;
  return renderDiagnostics(diagnostics, { colors, width, read: textReader() });
}

/** Reads the text of files for code frames, each once, without a byte order mark; `undefined` where that fails. `given` are texts that are in no file. */
export function textReader(given: ReadonlyMap<string, string> = new Map()): (file: string) => string | undefined {
  const known = new Map<string, string | undefined>(given);
  return (file) => {
    if (!known.has(file)) known.set(file, readText(file));
    return known.get(file);
  };
}

function readText(file: string): string | undefined {
  try {
    return readRegularFileSync(file, limits.planBytes.most)
      .toString("utf8")
      .replace(/^\ufeff/, "");
  } catch {
    return undefined;
  }
}
