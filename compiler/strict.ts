/**
 * @file Which decisions `--strict` leaves to the plan: notes on what it could have stated, or on entries without effect.
 */
import { bindNames, bindNotes } from "./diagnostics/catalog/bind.ts";
import { aligned } from "./diagnostics/catalog/shard.ts";
import type { Diagnostic } from "./diagnostics/types.ts";
import { bindSites } from "./diagnostics/catalog/splitting/reserved.ts";

/** True for a note on a decision that another plan would make unnecessary. */
export function isImplicit({ code }: Diagnostic): boolean {
  return IMPLICIT.has(code);
}

const IMPLICIT: ReadonlySet<string> = new Set([
  bindNames.foldedModule.code,
  bindNotes.absent.code,
  bindNotes.absentInput.code,
  bindNotes.skipped.code,
  bindSites.replaced.code,
  aligned.code,
  bindSites.idle.code,
]);
