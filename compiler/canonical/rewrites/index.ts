/**
 * @file The rewrites of the canonical graph, in order, each with the reason for its place. No logic.
 */
import type { CanonicalGraph } from "../../ir/types.ts";
import { fuseAttention } from "./attention/attention.ts";
import { writeChoices } from "./choices.ts";
import { compareDiagonals } from "./diagonals/diagonals.ts";
import { makeFills } from "./fills.ts";
import { unflatten } from "./flattened.ts";
import { simplifyMasks } from "./masks.ts";
import { expandAngles } from "./rotary.ts";
import { readInOrder } from "./reads.ts";
import { replaceScatters } from "./scatter.ts";
import { cancelTransposes } from "./transposes.ts";
import { unfuse } from "./unfuse/unfuse.ts";
import { unpackOperands } from "./unpack.ts";
import { repeatRows } from "./views/repeats.ts";

interface Rewrite {
  readonly name: string;
  readonly apply: (graph: CanonicalGraph) => CanonicalGraph;
}

/** Each preserves the result of the graph, up to the rounding of a scale that is applied at another place. */
const REWRITES: readonly Rewrite[] = [
  // Before all others, which know the operators of ONNX only.
  { name: "fused operators apart", apply: unfuse },
  // Before attention, which looks for a softmax over the last axis.
  { name: "softmax over flattened rows", apply: unflatten },
  // Slice assignments first: they are between the queries and their attention, and hide the way up to (B, S, H, D).
  { name: "scatters to concats", apply: replaceScatters },
  // Before attention, which judges a mask by what it is made of.
  { name: "choices between booleans", apply: writeChoices },
  // Before attention, which looks through views to the extents of its mask.
  { name: "reads in order to views", apply: readInOrder },
  // Anywhere: a split of the rows passes a view.
  { name: "repeating reads to views", apply: repeatRows },
  // After the scatters, which are often the only readers of a table of zeros; fills that remain are used as values.
  { name: "constant fills", apply: makeFills },
  // After the fills, of which a triangle may be a causal mask.
  { name: "diagonals to comparisons", apply: compareDiagonals },
  // Anywhere: no other rewrite looks at it.
  { name: "rotary angles over the batch", apply: expandAngles },
  // Before attention, which reads queries, keys and values as separate operands.
  { name: "packed operands apart", apply: unpackOperands },
  // Looks up the chains of views behind queries, keys and values, so nothing after it needs to.
  { name: "attention", apply: fuseAttention },
  // A mask can only be judged at the attention that reads it.
  { name: "masks to causal attention", apply: simplifyMasks },
  // Last: the chains behind an attention begin at its result, which exists only now.
  { name: "transposes behind attention", apply: cancelTransposes },
];

/** Applies all rewrites in order. */
export function rewrite(graph: CanonicalGraph): CanonicalGraph {
  return REWRITES.reduce((g, { apply }) => apply(g), graph);
}
