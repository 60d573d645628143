/**
 * @file Rule: `split_output` and output indices are used together, and an index is written in canonical form.
 */
import { planMessages } from "../../../diagnostics/catalog/plan-rules.ts";
import { diagnose } from "../../../diagnostics/diagnose.ts";
import type { Diagnostic } from "../../../diagnostics/types.ts";
import { member, quote } from "../../ast.ts";
import { isTrue, type RawSpec } from "../entries.ts";
import type { Rule } from "./rule.ts";

/** An output index as a plan writes it. */
const outputIndex = /^(?:0|[1-9]\d*)$/;
const almostIndex = /^[+-]?\d+$/;

export const indexMeansOutput: Rule = (entries) =>
  entries.flatMap((entry) => entry.specs.flatMap((spec) => check(spec, spec.key)));

function check(spec: RawSpec, key: string | null): readonly Diagnostic[] {
  if (spec.kind !== "input" || key === null) return [];
  const { where } = spec;
  const span = spec.keySpan ?? undefined;
  // A module under a parameter's name has its own diagnostic.
  if (spec.node.kind === "object" && spec.node.members.some(({ value }) => value.kind === "object")) return [];
  const splitsOutput = isTrue(spec, "split_output");
  if (!outputIndex.test(key)) {
    if (almostIndex.test(key))
      return [diagnose(planMessages.badIndex, { where, key, index: canonical(key) }, { span })];
    if (!splitsOutput) return [];
    const at = member(spec.node, "split_output")?.value.span ?? undefined;
    return [diagnose(planMessages.splitOutputNeedsIndex, { where, name: quote(key) }, { span: at })];
  }
  if (spec.count !== null) {
    // Reported once for the list, at its first element.
    if (spec.position !== 0) return [];
    const list = where.slice(0, where.lastIndexOf("["));
    return [diagnose(planMessages.splitOutputInList, { where: list, count: spec.count }, { span })];
  }
  return splitsOutput ? [] : [diagnose(planMessages.indexNeedsSplitOutput, { where, index: key }, { span })];
}

function canonical(key: string): string {
  return key.startsWith("-") ? "" : key.replace(/^\+?0*(?=\d)/, "");
}
