/**
 * @file Integer expressions in named lengths, as plain JSON: a number, a length's name, or `[operator, ...arguments]`.
 * The compiler builds them, a program carries them, a rank evaluates them. Knows nothing of graphs.
 */

/** The group of ranks that a length is dealt over: the rows of a segment by sequence index, heads by Ulysses index, a batch by batch index. */
export type CutAxis = "sequence" | "ulysses" | "batch";

/**
 * `[start:AXIS, length, parts, i]`, with i from 0 to `parts`, is where chunk i of `length` begins. Where the edges lie is chosen when a
 * program is attached: the compiler relies on the laws of every cut only (start 0 is 0, start `parts` is `length`, starts do not fall).
 */
export type StartOperator = `start:${CutAxis}`;

/** `chunk i` is start i + 1 less start i. Only texts have it. */
export type ChunkOperator = `chunk:${CutAxis}`;

export type ExprOperator = "+" | "*" | "//" | "%" | "min" | "max" | StartOperator | ChunkOperator;

export type Expr = number | string | readonly [ExprOperator, ...Expr[]];

/** The edges of a cut: where chunk `index` of `parts` begins, from 0 (index 0) to `length` (index `parts`). */
export type Cut = (axis: CutAxis, length: number, parts: number, index: number) => number;

/** The name of the evaluating rank's flat index; no length has it. */
export const RANK = "rank";

/** The name of the receiving rank's flat index in the extents of a block; no length has it. */
export const PEER = "peer";
