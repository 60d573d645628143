/**
 * @file Shared helpers of this folder's golden tests: a result as the text that a user would see, and the files of cases.
 */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { renderDiagnostics } from "../../compiler/diagnostics/render.ts";
import type { Result } from "../../compiler/diagnostics/types.ts";
import { withoutByteOrderMark } from "../../compiler/plan/source.ts";

/** From the root of the project, where the tests run: it is also what the messages show. */
export const folder = "test/plan/cases";

/** Case files with one of the endings; the files without one are expectations. */
export function caseFiles(ending: RegExp): readonly string[] {
  return readdirSync(folder).filter((name) => ending.test(name));
}

/** The file of a case's expectation: the same stem. */
export function expectedFile(name: string): string {
  return `${name}.txt`;
}

/** Diagnostics with code frames, then the value. */
export function show<T>(result: Result<T>, print: (value: T) => string): string {
  const diagnostics = renderDiagnostics(result.diagnostics, { read });
  return `${diagnostics}${diagnostics === "" || !result.ok ? "" : "\n"}${result.ok ? print(result.value) : ""}`;
}

function read(file: string): string | undefined {
  return existsSync(file) ? withoutByteOrderMark(readFileSync(file, "utf8")) : undefined;
}
