/**
 * @file Which decisions `--strict` does not take by itself: notes that stand for something that the plan could have said.
 */
import { bindNotes } from "./diagnostics/catalog/bind.ts";
import { aligned } from "./diagnostics/catalog/shard.ts";
import type { Diagnostic } from "./diagnostics/types.ts";

/** True for a note on a decision that a plan entry can express. */
export function isImplicit({ code }: Diagnostic): boolean {
  return IMPLICIT.has(code);
}

const IMPLICIT: ReadonlySet<string> = new Set([aligned.code, bindNotes.skipped.code]);
