/**
 * @file Follows states through a model: a block takes a tensor, works on it, adds the result to it, and passes it on. The state remains the
 * state of the graph input where it started, although everything else has been mixed into it. Knows no plan and no module.
 */
import type { CanonicalNode } from "../../ir/types.ts";
import { behind, type GraphIndex } from "../../ir/graph-index.ts";
import type { FactorMap } from "../../operators/types.ts";

type Names = ReadonlySet<string>;

/** The factor map of each node whose rule gives one. */
export type Maps = ReadonlyMap<CanonicalNode, FactorMap>;

const NOTHING: Names = new Set();

/**
 * Operators that pass a state on in another form. Not derived from their rules: a factor map says where elements move, not what is
 * computed, so an activation looks like a cast and a softmax like a normalisation.
 */
const CARRIERS: ReadonlySet<string> = new Set(
  "Cast Identity Clip Reshape Transpose Squeeze Unsqueeze Flatten LayerNormalization RMSNormalization GroupNormalization".split(
    " ",
  ),
);

/** How many states back a residual branch may start: parallel branches start before the last addition. */
const REACH = 8;

/** The graph inputs that a value is a state of; `pure` gives them for values that come from one input alone. */
export function statesOf(
  index: GraphIndex,
  maps: Maps,
  pure: (value: string) => Names | null,
): (value: string) => Names {
  const found = new Map<string, Names>();
  const previous = new Map<string, string>();
  const states = (value: string): Names => pure(value) ?? found.get(value) ?? NOTHING;
  const isResidual = (state: string, branch: string): boolean => reaches(branch, chainOf(state, previous), index);
  // In topological order, so that operands come before their readers and depth costs no stack.
  for (const node of index.graph.nodes) {
    for (const output of node.outputs) {
      const content = contentOf(node, index, maps);
      const known = content.filter((name) => states(name).size > 0);
      const [first] = known;
      if (first === undefined) continue;
      const others = content.filter((name) => !known.includes(name));
      // A value without a state may be added to a state only as a branch of it: shift and scale are not states of what they act on.
      if (!others.every((branch) => isResidual(first, branch))) continue;
      found.set(output, new Set(known.flatMap((name) => [...states(name)])));
      previous.set(output, first);
    }
  }
  return states;
}

/** What makes a state out of a state and another value: a sum of both, or a product by a scale. */
const SUMS: ReadonlySet<string> = new Set(["Add", "Sub"]);
const SCALES: ReadonlySet<string> = new Set(["Mul", "Div"]);

/**
 * The operands that the result may continue: of a sum every operand that is not broadcast, of a product or quotient the only such one. A
 * projection starts a new state.
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

/** The state and its predecessors. */
function chainOf(state: string, previous: ReadonlyMap<string, string>): readonly string[] {
  const chain = [state];
  for (let at = previous.get(state); at !== undefined && chain.length < REACH; at = previous.get(at)) chain.push(at);
  return chain;
}

/** Whether `branch` was computed from one of `values`. */
function reaches(branch: string, values: readonly string[], index: GraphIndex): boolean {
  const earliest = Math.min(...values.map(index.position));
  const before = behind([branch], index, (value) => index.position(value) > earliest);
  for (const value of before) if (values.includes(value)) return true;
  return false;
}
