/**
 * @file Where a plan could gather a split value for a node that needs it whole. Knows no operator and no message.
 */
import type { GatherAt } from "../../diagnostics/gather-at.ts";
import { cpOf } from "../../ir/cp.ts";
import { indexOf } from "../../ir/graph-index.ts";
import { isWithin } from "../../ir/module-paths.ts";
import type { CanonicalNode } from "../../ir/types.ts";
import { layoutOf } from "../knowledge.ts";
import { sayValue } from "../origins.ts";
import type { State } from "../state.ts";

/**
 * At the module that makes the value, by its name where the module has other outputs; at the root, which can name any value, where that
 * module goes on after the node. `null` for inputs of the model and what a plan entry makes: there the entry itself has to change.
 */
export function gatherAt(state: State, node: CanonicalNode, value: string): GatherAt | null {
  const name = sayValue(state, value);
  const index = indexOf(state.named);
  const made = index.producer(name);
  const axis = layoutOf(state, value)[0]?.axis;
  const operation = made === undefined ? null : cpOf(made)?.op;
  if (made === undefined || axis === undefined || operation === "Shard" || operation === "Gather") return null;
  // What an entry splits for the readers of one module has the name of the whole value, which this node does not read.
  if (!index.users(name).some((user) => user.name === node.name)) return null;
  const module = made.scope;
  if (module === "" || isWithin(node.scope, module)) return { axis, module: "", value: name };
  const leaves = (output: string): boolean =>
    index.isKept(output) || index.users(output).some(({ scope }) => !isWithin(scope, module));
  const outputs = index.inside(module).flatMap((one) => one.outputs.filter(leaves));
  return { axis, module, value: outputs.length === 1 ? null : name };
}
