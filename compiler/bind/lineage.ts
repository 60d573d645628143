/**
 * @file Which graph inputs a value comes from. Follows data only: an operand that sizes or bounds something carries numbers, not content.
 * Knows no plan and no module.
 */
import { equal } from "../expr/expr.ts";
import type { CanonicalNode } from "../canonical/types.ts";
import type { Topology } from "./topology.ts";

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

/** Operators that pass a state on in another form. */
const CARRIERS: ReadonlySet<string> = new Set(
  "Cast Identity Clip Reshape Transpose Squeeze Unsqueeze Flatten LayerNormalization RMSNormalization GroupNormalization".split(
    " ",
  ),
);

export function lineageOf(topology: Topology): Lineage {
  const { graph } = topology;
  const ancestors = ancestorsOf(topology);
  const states = new Map<string, ReadonlySet<string>>();
  const statesOf = (value: string): ReadonlySet<string> => {
    const direct = ancestors.get(value) ?? NOTHING;
    return direct.size === 1 ? direct : (states.get(value) ?? NOTHING);
  };
  // In topological order, so that operands are known before they are read and depth costs no stack.
  for (const node of graph.nodes) {
    for (const output of node.outputs) states.set(output, union(continued(node, output, topology).map(statesOf)));
  }
  return {
    ancestors: (value) => ancestors.get(value) ?? NOTHING,
    owner: (value) => {
      const found = statesOf(value);
      return found.size === 1 ? ([...found][0] ?? null) : null;
    },
  };
}

/**
 * The operands whose state `output` continues: through a residual Add every operand of the result's shape, through a modulation
 * (Mul, Div) the only one of that shape. A projection begins something new.
 */
function continued(node: CanonicalNode, output: string, { graph }: Topology): readonly string[] {
  const [first] = node.inputs;
  if (node.domain !== "" || first === undefined) return [];
  if (CARRIERS.has(node.op)) return [first];
  const shape = graph.shapes.get(output)?.dims ?? [];
  const alike = node.inputs.filter((name) => {
    const dims = graph.shapes.get(name)?.dims;
    return dims?.length === shape.length && dims.every((dim, i) => equal(dim, shape[i] ?? 0));
  });
  const content = alike.filter((name) => !graph.constants.has(name));
  if (node.op === "Add" || node.op === "Sub") return content;
  const isModulation = (node.op === "Mul" || node.op === "Div") && content.length === 1;
  return isModulation ? content : [];
}

function ancestorsOf({ graph }: Topology): ReadonlyMap<string, ReadonlySet<string>> {
  const found = new Map<string, ReadonlySet<string>>(graph.inputs.map(({ name }) => [name, new Set([name])]));
  for (const node of graph.nodes) {
    const operands = SHAPE_ONLY.has(node.op) ? [] : FIRST_ONLY.has(node.op) ? node.inputs.slice(0, 1) : node.inputs;
    const sources = union(operands.map((name) => found.get(name) ?? NOTHING));
    for (const output of node.outputs) found.set(output, sources);
  }
  return found;
}

/** Returns one of the sets itself where it holds all the others: long chains share one set. */
function union(sets: readonly ReadonlySet<string>[]): ReadonlySet<string> {
  const largest = sets.reduce((a, b) => (b.size > a.size ? b : a), NOTHING);
  const missing = sets.flatMap((set) => [...set].filter((name) => !largest.has(name)));
  return missing.length === 0 ? largest : new Set([...largest, ...missing]);
}
