/**
 * @file Which module each part of a fused node belongs to: an optimiser joins the end of one module to the start of the next, and keeps
 * neither name. Knows no operator.
 */
import { commonModule, depthOf, parentOf } from "../../../ir/module-paths.ts";
import { dimsOf, isOp, type Lookup } from "../lookup.ts";

/** The module that holds a weight, by its name (`blocks.0.norm.weight`); `otherwise` where no such module exists. */
export function moduleOfWeight({ graph }: Lookup, weight: string, otherwise: string): string {
  const own = weight.includes(".") ? parentOf(weight) : "";
  return own !== "" && graph.modules.has(own) ? own : otherwise;
}

/** The module of the node that makes a value; `otherwise` for inputs and constants. */
export function moduleOfSource(lookup: Lookup, value: string, otherwise: string): string {
  return lookup.producer(value)?.scope ?? otherwise;
}

/**
 * The module of a sum between the modules of two operands and of its reader: the deepest one that holds two of the three. The residual of
 * a block is added where the branch ends, and its reader may be the next block. A list of blocks is no module: what holds it is.
 */
export function moduleOfSum({ graph }: Lookup, modules: readonly string[]): string {
  const known = (path: string): string => (path === "" || graph.modules.has(path) ? path : known(parentOf(path)));
  const pairs = modules.flatMap((a, i) => modules.slice(i + 1).map((b) => known(commonModule([a, b]))));
  return pairs.reduce((best, one) => (depthOf(one) > depthOf(best) ? one : best), "");
}

/** Whether a bias belongs to the value: a product makes it, and its result has the rank of the sum. */
export function isProduct(lookup: Lookup, value: string, rank: number): boolean {
  return isOp(lookup.producer(value), "MatMul") && dimsOf(lookup, value).length === rank;
}
