/**
 * @file Which graph inputs a value comes from. Follows data only: an operand that sizes or bounds something carries numbers, not content.
 * Knows no plan and no module.
 */
import { statesOf } from "./states.ts";
import { trackStretches } from "./stretches.ts";
import type { GraphIndex } from "../../ir/graph-index.ts";

export interface Lineage {
  /** Graph inputs whose content reaches the value. */
  ancestors(value: string): ReadonlySet<string>;
  /** The one graph input that the value is a later state of, or `null` where there is no such or more than one. */
  owner(value: string): string | null;
}

const NOTHING: ReadonlySet<string> = new Set();

/** Operators whose result says something about a shape, not about content. */
const SHAPE_ONLY: ReadonlySet<string> = new Set(["Shape", "Size", "ConstantOfShape", "Fill", "Range"]);

/** Operators whose first operand alone is content. */
const FIRST_ONLY: ReadonlySet<string> = new Set(
  "Reshape Expand Slice Tile Pad Squeeze Unsqueeze Split Resize TopK ReduceMean ReduceSum ReduceMax ReduceMin ReduceL2 CumSum".split(
    " ",
  ),
);

export function lineageOf(index: GraphIndex): Lineage {
  const ancestors = ancestorsOf(index);
  const states = statesOf(index, (value) => {
    const direct = ancestors.get(value) ?? NOTHING;
    return direct.size === 1 ? direct : null;
  });
  return {
    ancestors: (value) => ancestors.get(value) ?? NOTHING,
    owner: (value) => {
      const found = states(value);
      return found.size === 1 ? ([...found][0] ?? null) : null;
    },
  };
}

function ancestorsOf({ graph }: GraphIndex): ReadonlyMap<string, ReadonlySet<string>> {
  const found = new Map<string, ReadonlySet<string>>(graph.inputs.map(({ name }) => [name, new Set([name])]));
  const stretches = trackStretches(graph, (value) => found.get(value) ?? NOTHING);
  for (const node of graph.nodes) {
    const taken = stretches.visit(node);
    const operands = SHAPE_ONLY.has(node.op) ? [] : FIRST_ONLY.has(node.op) ? node.inputs.slice(0, 1) : node.inputs;
    const sources = union(operands.map((name) => found.get(name) ?? NOTHING));
    // A slice at the edges of what was laid end to end takes the content of its own stretches only.
    for (const [i, output] of node.outputs.entries()) found.set(output, taken[i] ? union(taken[i]) : sources);
  }
  return found;
}

/** Returns one of the sets itself where it holds all the others: long chains share one set. */
function union(sets: readonly ReadonlySet<string>[]): ReadonlySet<string> {
  const largest = sets.reduce((a, b) => (b.size > a.size ? b : a), NOTHING);
  const missing = sets.flatMap((set) => [...set].filter((name) => !largest.has(name)));
  return missing.length === 0 ? largest : new Set([...largest, ...missing]);
}
