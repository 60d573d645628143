/**
 * @file Rules of content: each entry of a plan acts, and so does the plan, unless only the batch is split.
 */
import { planMessages } from "../../../diagnostics/catalog/plan-rules.ts";
import { diagnose } from "../../../diagnostics/diagnose.ts";
import type { Diagnostic } from "../../../diagnostics/types.ts";
import type { AstNode } from "../../ast.ts";
import type { MeshConfig, Plan } from "../../types.ts";
import type { Rule } from "./rule.ts";

export const hasContent: Rule = (entries) =>
  entries
    .filter(({ node }) => isIdle(node))
    .map(({ where, node }) => diagnose(planMessages.emptyEntry, { where }, { span: node.span ?? undefined }));

/** A plan without entries leaves all ranks but those of the batch without work. */
export function fitsMesh({ entries, span }: Plan, mesh: MeshConfig): readonly Diagnostic[] {
  const isBatchAlone = mesh.batch_degree > 1 && mesh.ring_degree * mesh.ulysses_degree === 1;
  if (entries.length > 0 || isBatchAlone) return [];
  return [diagnose(planMessages.emptyPlan, {}, { span: span ?? undefined })];
}

/** An empty map of inputs, or a list that leaves every output unchanged. */
function isIdle(node: AstNode): boolean {
  if (node.kind === "object") return node.members.length === 0;
  return node.kind === "array" && node.items.length > 0 && node.items.every(isNull);
}

function isNull(node: AstNode): boolean {
  return node.kind === "scalar" && node.value === null;
}
