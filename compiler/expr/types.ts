/**
 * @file Integer expressions in named lengths, as plain JSON: a number, a length's name, or `[operator, ...arguments]`.
 * The compiler builds them, a program carries them, a rank evaluates them. Knows nothing of graphs.
 */

/** `chunk(length, parts, i)` is the extent of part i under tensor_split: the first `length % parts` parts get one more. */
export type ExprOperator = "+" | "*" | "//" | "%" | "min" | "max" | "chunk";

export type Expr = number | string | readonly [ExprOperator, ...Expr[]];

/** The name of the evaluating rank's flat index; no length has it. */
export const RANK = "rank";

/** The name of the receiving rank's flat index in the extents of a block; no length has it. */
export const PEER = "peer";
