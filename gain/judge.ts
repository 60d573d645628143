/**
 * @file The warning about a plan that is exact and gives little: most of the work stays whole. Knows nothing of how it is printed.
 */
import type { Binding } from "../compiler/bind/types.ts";
import { gainMessages } from "../compiler/diagnostics/catalog/choosing/gain.ts";
import { repeatedWork } from "../compiler/diagnostics/catalog/choosing/repeated.ts";
import { diagnose, strictly } from "../compiler/diagnostics/diagnose.ts";
import type { Diagnostic } from "../compiler/diagnostics/types.ts";
import { type Mesh, ranksOf } from "../program/mesh.ts";
import type { Gain, Repeated } from "./gain.ts";

/** Not the half: the lengths are assumed where the caller does not fix them, and other lengths move the share. */
const LEAST = 0.4;

interface Judged {
  /** A file, or the name of a text. */
  readonly plan: string;
  readonly strict?: boolean;
}

/** A warning where most of the work is left to every rank. With `strict` it is an error. */
export function judge(gain: Gain | null, mesh: Mesh, { plan, strict }: Judged): readonly Diagnostic[] {
  if (gain === null || ranksOf(mesh) === 1 || gain.products.split >= LEAST) return [];
  const { lengths, products, work } = gain;
  const found = [diagnose(gainMessages.mostlyWhole, { ...products, work: work.split, lengths }, { file: plan })];
  return strict === true ? strictly(found, () => true) : found;
}

/** Notes on what is left to every rank, by cause. */
export function explainRepeated(
  gain: Gain | null,
  mesh: Mesh,
  { plan }: Judged,
  bindings: readonly Binding[],
): readonly Diagnostic[] {
  return gain === null || ranksOf(mesh) === 1 ? [] : gain.repeated.map((one) => explained(one, bindings, plan));
}

/** At the plan entry that the cause names. */
function explained({ modules, share, node, cause }: Repeated, bindings: readonly Binding[], plan: string): Diagnostic {
  const binding = cause.kind === "rowless" || cause.binding === null ? undefined : bindings[cause.binding];
  const origin = binding?.spec.origin;
  const params = {
    modules,
    share,
    entry: origin?.pointer ?? null,
    kind: cause.kind,
    inputs: cause.kind === "whole" ? cause.inputs : [],
  };
  const where = { file: plan, span: origin?.span ?? undefined };
  return diagnose(repeatedWork, params, { ...where, related: [{ message: "for example here", node }] });
}
