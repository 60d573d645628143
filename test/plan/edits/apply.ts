/**
 * @file Applies a fix to the text of a plan, as an editor does.
 */
import type { Diagnostic, Fix, TextEdit } from "../../../compiler/diagnostics/types.ts";

function applyEdits(text: string, edits: readonly TextEdit[]): string {
  const ordered = edits.toSorted((a, b) => b.start.offset - a.start.offset || b.end.offset - a.end.offset);
  let last = text.length;
  return ordered.reduce((done, { start, end, text: added }) => {
    if (end.offset > last || end.offset < start.offset) throw new Error("the edits of a fix overlap");
    last = start.offset;
    return done.slice(0, start.offset) + added + done.slice(end.offset);
  }, text);
}

/** The first fix that has edits. */
function firstFix({ fixes = [] }: Diagnostic): (Fix & { readonly edits: readonly TextEdit[] }) | undefined {
  for (const fix of fixes) if (fix.edits !== undefined) return { ...fix, edits: fix.edits };
  return undefined;
}

/** The text with the first fix that has edits, or `null` if there is none. */
export function fixed(text: string, diagnostic: Diagnostic): string | null {
  const fix = firstFix(diagnostic);
  return fix === undefined ? null : applyEdits(text, fix.edits);
}
