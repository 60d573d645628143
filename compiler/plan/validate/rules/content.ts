/**
 * @file Rule: a plan and each of its entries has content.
 */
import { planMessages } from "../../../diagnostics/catalog/plan-rules.ts";
import { diagnose } from "../../../diagnostics/diagnose.ts";
import type { AstNode } from "../../ast.ts";
import type { Rule } from "./rule.ts";

export const hasContent: Rule = (entries, ast) => {
  if (entries.length === 0 && ast.root.kind === "object") {
    return [diagnose(planMessages.emptyPlan, {}, { span: ast.root.span ?? undefined })];
  }
  return entries
    .filter(({ node }) => isIdle(node))
    .map(({ where, node }) => diagnose(planMessages.emptyEntry, { where }, { span: node.span ?? undefined }));
};

/** An empty map of inputs, or a list that leaves every output unchanged. */
function isIdle(node: AstNode): boolean {
  if (node.kind === "object") return node.members.length === 0;
  return node.kind === "array" && node.items.length > 0 && node.items.every(isNull);
}

function isNull(node: AstNode): boolean {
  return node.kind === "scalar" && node.value === null;
}
