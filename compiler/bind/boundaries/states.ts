/**
 * @file Follows states through a model: a block takes a tensor, works on it, adds the result to it, and hands it on. The state stays
 * that of the graph input it began with, although everything else has been mixed into it. Knows no plan and no module.
 */
import type { CanonicalNode } from "../../ir/types.ts";
import { behind, type GraphIndex } from "../../ir/graph-index.ts";
import type { FactorMap } from "../../operators/types.ts";

type Names = ReadonlySet<string>;

/** The factor map of each node whose rule can tell one. */
export type Maps = ReadonlyMap<CanonicalNode, FactorMap>;

const NOTHING: Names = new Set();

/**
 * Operators that pass a state on in another form. Not taken from their rules: a factor map says where elements go, not what is done to them,
 * so that an activation looks like a cast and a softmax like a normalisation.
 */
const CARRIERS: ReadonlySet<string> = new Set(
  "Cast Identity Clip Reshape Transpose Squeeze Unsqueeze Flatten LayerNormalization RMSNormalization GroupNormalization".split(
    " ",
  ),
);

/** How many states back a residual branch may have begun: parallel branches begin before the last addition. */
const REACH = 8;

/** The graph inputs that a value is a state of; `pure` tells them for values that come from one input alone. */
export function statesOf(
  index: GraphIndex,
  maps: Maps,
  pure: (value: string) => Names | null,
): (value: string) => Names {
  const found = new Map<string, Names>();
  const previous = new Map<string, string>();
  const states = (value: string): Names => pure(value) ?? found.get(value) ?? NOTHING;
  const isResidual = (state: string, branch: string): boolean => reaches(branch, chainOf(state, previous), index);
  // In topological order, so that operands are known before they are read and depth costs no stack.
  for (const node of index.graph.nodes) {
    for (const output of node.outputs) {
      const content = contentOf(node, index, maps);
      const known = content.filter((name) => states(name).size > 0);
      const [first] = known;
      if (first === undefined) continue;
      const others = content.filter((name) => !known.includes(name));
      // What has no state of its own may be added to one only as a branch of it: shift and scale are no states of what they act on.
      if (!others.every((branch) => isResidual(first, branch))) continue;
      found.set(output, new Set(known.flatMap((name) => [...states(name)])));
      previous.set(output, first);
    }
  }
  return states;
}

/** What makes a state out of a state and something else: sums of both, and scales of one. */
const SUMS: ReadonlySet<string> = new Set(["Add", "Sub"]);
const SCALES: ReadonlySet<string> = new Set(["Mul", "Div"]);

/**
 * The operands that the result may continue: of a sum every operand that is not broadcast, of a product or quotient the only such one. A
 * projection begins something new.
 */
function contentOf(node: CanonicalNode, { graph }: GraphIndex, maps: Maps): readonly string[] {
  const [first] = node.inputs;
  if (node.domain !== "" || first === undefined) return [];
  if (CARRIERS.has(node.op)) return [first];
  if (!SUMS.has(node.op) && !SCALES.has(node.op)) return [];
  const map = maps.get(node);
  const result = JSON.stringify(map?.outputs[0]);
  const content = node.inputs.filter(
    (name, operand) => JSON.stringify(map?.inputs[operand]) === result && !graph.constants.has(name),
  );
  return SUMS.has(node.op) || content.length === 1 ? content : [];
}

/** The state and those before it. */
function chainOf(state: string, previous: ReadonlyMap<string, string>): readonly string[] {
  const chain = [state];
  for (let at = previous.get(state); at !== undefined && chain.length < REACH; at = previous.get(at)) chain.push(at);
  return chain;
}

/** Whether `branch` was made from one of `values`. */
function reaches(branch: string, values: readonly string[], index: GraphIndex): boolean {
  const earliest = Math.min(...values.map(index.position));
  const before = behind([branch], index, (value) => index.position(value) > earliest);
  for (const value of before) if (values.includes(value)) return true;
  return false;
}
