/**
 * @file The warning about a plan that is exact and gives little: most of the work stays whole. Knows nothing of how it is printed.
 */
import { gainMessages } from "../compiler/diagnostics/catalog/choosing/gain.ts";
import { diagnose, strictly } from "../compiler/diagnostics/diagnose.ts";
import type { Diagnostic } from "../compiler/diagnostics/types.ts";
import { type Mesh, ranksOf } from "../program/mesh.ts";
import type { Gain } from "./gain.ts";

/** Of the work: with less, even many ranks do not halve the time. */
const MOST = 0.5;

/** `plan` is a file, or the name of a text. With `strict` the warning is an error. */
export function judge(
  gain: Gain | null,
  mesh: Mesh,
  { plan, strict }: { readonly plan: string; readonly strict?: boolean },
): readonly Diagnostic[] {
  // Ranks that divide the batch share all of the work, unless the plan's splits do not reach it.
  if (gain === null || ranksOf(mesh) === 1 || gain.work.split >= MOST) return [];
  const { split, whole } = gain.work;
  const found = [diagnose(gainMessages.mostlyWhole, { split, whole, lengths: gain.lengths }, { file: plan })];
  return strict === true ? strictly(found, () => true) : found;
}
