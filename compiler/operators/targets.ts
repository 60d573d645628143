/**
 * @file How the target shape of a Reshape is written, so that one node serves every length. Knows no layout.
 */
import type { Expr } from "../expr/expr.ts";

/**
 * A target whose only unknown element is written as -1, so that it needs no length at run time. Several unknown ones stay expressions.
 */
export function compactTarget(target: readonly Expr[]): readonly Expr[] {
  const open = target.filter((d) => typeof d !== "number");
  return open.length === 1 ? target.map((d) => (typeof d === "number" ? d : -1)) : target;
}
