/**
 * @file Memory of the weights of a program's pieces, which all ranks of the native backend share. Knows no length.
 */
import type { Graph, Tensor } from "../compiler/graph/types.ts";
import { computedBytes } from "./sizes.ts";

/**
 * Bytes: every session holds the constants of its piece once. Those that a product reads are packed for it, and the original is given
 * back; half precision is converted to float32.
 */
export function weightBytes(graphs: Iterable<Graph>): number {
  let bytes = 0;
  for (const { constants } of graphs) for (const tensor of constants.values()) bytes += tensorBytes(tensor);
  return bytes;
}

function tensorBytes({ elem, dims }: Tensor): number {
  return computedBytes({ elem, dims });
}
