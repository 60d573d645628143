/**
 * @file `explain`: what a diagnostic means, from the page of all diagnostics, which the package holds.
 */
import { cliMessages } from "../../compiler/diagnostics/catalog/cli.ts";
import { diagnose } from "../../compiler/diagnostics/diagnose.ts";
import { suggest } from "../../compiler/diagnostics/suggest.ts";
import type { Io } from "../io.ts";
import { type Outcome, outcome } from "../outcome.ts";
import { table } from "../print/table.ts";
import { pageText } from "../assist/page.ts";
import { readPages } from "../assist/read-pages.ts";

/** Lines of text are not longer, however wide the terminal is. */
const WIDEST = 100;

export async function explainCode(code: string | undefined, { width }: Io): Promise<Outcome> {
  const pages = readPages();
  if (code === undefined) {
    const sorted = [...pages.values()].toSorted((a, b) => (a.code < b.code ? -1 : 1));
    const result = sorted.map(({ code, severity, title }) => ({ code, severity, title }));
    return outcome([], result, table(["code", "severity", "title"], result.map(Object.values)));
  }
  const name = code.toUpperCase().replace(/^(?=\d)/, "CP");
  const page = pages.get(name);
  if (page === undefined) {
    return outcome([diagnose(cliMessages.unknownCode, { code, nearest: suggest(name, pages.keys()) })]);
  }
  return outcome([], page, pageText(page, Math.min(width ?? WIDEST, WIDEST)));
}
