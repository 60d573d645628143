/**
 * @file The warning about a plan that is exact and gives little: most of the work stays whole. Knows nothing of how it is printed.
 */
import { gainMessages } from "../compiler/diagnostics/catalog/choosing/gain.ts";
import { diagnose, strictly } from "../compiler/diagnostics/diagnose.ts";
import type { Diagnostic } from "../compiler/diagnostics/types.ts";
import { type Mesh, ranksOf } from "../program/mesh.ts";
import type { Gain } from "./gain.ts";

/** Not the half: the lengths are assumed where the caller does not fix them, and other lengths move the share. */
const LEAST = 0.4;

/** `plan` is a file, or the name of a text. With `strict` the warning is an error. */
export function judge(
  gain: Gain | null,
  mesh: Mesh,
  { plan, strict }: { readonly plan: string; readonly strict?: boolean },
): readonly Diagnostic[] {
  if (gain === null || ranksOf(mesh) === 1 || gain.products.split >= LEAST) return [];
  const { lengths, products, work } = gain;
  const found = [diagnose(gainMessages.mostlyWhole, { ...products, work: work.split, lengths }, { file: plan })];
  return strict === true ? strictly(found, () => true) : found;
}
