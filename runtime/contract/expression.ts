/**
 * @file Whether JSON is an expression that can be evaluated: operators with their number of arguments, whole numbers, no division by a
 * literal 0. Knows no length by name.
 */
import type { ChunkOperator, Expr, ExprOperator } from "../../compiler/expr/types.ts";
import { LIMITS } from "./limits.ts";

/** Fewest and most arguments. */
const arity: Readonly<Record<Exclude<ExprOperator, ChunkOperator>, readonly [number, number]>> = {
  "+": [1, Infinity],
  "*": [1, Infinity],
  "//": [2, 2],
  "%": [2, 2],
  min: [2, 2],
  max: [2, 2],
  "start:sequence": [3, 3],
  "start:ulysses": [3, 3],
  "start:batch": [3, 3],
};

/** The document's levels are bounded before, so that the recursion is. */
export function isExpr(value: unknown): value is Expr {
  if (typeof value === "number") return Number.isSafeInteger(value);
  if (typeof value === "string") return value.length > 0 && value.length <= LIMITS.name && value !== "__proto__";
  if (!Array.isArray(value)) return false;
  const [op, ...args] = value as readonly unknown[];
  if (typeof op !== "string" || !Object.hasOwn(arity, op)) return false;
  const [fewest, most] = arity[op as keyof typeof arity];
  if (args.length < fewest || args.length > most) return false;
  if ((op === "//" || op === "%") && args[1] === 0) return false;
  if (op.startsWith("start:") && !(Number.isSafeInteger(args[1]) && Number(args[1]) >= 1)) return false;
  return args.every(isExpr);
}
