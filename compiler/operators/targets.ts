/**
 * @file How the target shape of a Reshape is written, so that one node serves every length. Knows no layout.
 */
import { isOpen, type Expr } from "../expr/expr.ts";

/**
 * A target whose only unknown element is written as -1, so that it needs no length at run time. Of several unknown ones, the only one that
 * depends on data is: no rank can compute it. All others stay expressions.
 */
export function compactTarget(target: readonly Expr[]): readonly Expr[] {
  const unknown = target.filter((d) => typeof d !== "number");
  const open = unknown.filter(isOpen);
  const [only] = unknown.length === 1 ? unknown : open.length === 1 ? open : [];
  return only === undefined ? target : target.map((d) => (d === only ? -1 : d));
}
