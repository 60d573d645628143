/**
 * @file Where the rows of a stream are in a value. Knows no operator.
 */
import { show, type Expr } from "../../compiler/expr/expr.ts";

/** An axis that has the stream: alone, or with axes around it that stay whole. */
export interface Place {
  readonly value: string;
  readonly axis: number;
  readonly outer: Expr;
  readonly inner: Expr;
}

export function keyOf({ value, axis, outer, inner }: Place): string {
  return `${axis} ${show(outer)} ${show(inner)} ${value}`;
}
