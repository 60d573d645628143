/**
 * @file Which graph inputs a value comes from. Follows data only: an operand that sizes or bounds something carries numbers, not content.
 * The operator's rule says which operands these are. Knows no plan and no module.
 */
import { withinLimits } from "../../expr/expr.ts";
import type { GraphIndex } from "../../ir/graph-index.ts";
import type { CanonicalGraph, CanonicalNode } from "../../ir/types.ts";
import { factorsOf } from "../../operators/factors.ts";
import { viewOf } from "../../operators/infer.ts";
import type { FactorMap } from "../../operators/types.ts";
import { statesOf, type Maps } from "./states.ts";
import { trackStretches } from "./stretches.ts";

export interface Lineage {
  /** Graph inputs whose content reaches the value. */
  ancestors(value: string): ReadonlySet<string>;
  /** The one graph input that the value is a later state of, or `null` where there is none or more than one. */
  owner(value: string): string | null;
}

const NOTHING: ReadonlySet<string> = new Set();

/** Operators whose result describes a shape, not content; their rules treat the operand as data. */
const SHAPE_ONLY: ReadonlySet<string> = new Set(["Shape", "Size"]);

export function lineageOf(index: GraphIndex): Lineage {
  const maps = mapsOf(index.graph);
  const ancestors = ancestorsOf(index, maps);
  const states = statesOf(index, maps, (value) => {
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

function mapsOf(graph: CanonicalGraph): Maps {
  const known = { ...graph, declared: (value: string) => graph.shapes.get(value) ?? null };
  return new Map(
    graph.nodes.flatMap((node) => {
      const map = withinLimits(() => factorsOf(viewOf(node, known)));
      return map === null ? [] : [[node, map] as const];
    }),
  );
}

function ancestorsOf({ graph }: GraphIndex, maps: Maps): ReadonlyMap<string, ReadonlySet<string>> {
  const found = new Map<string, ReadonlySet<string>>(graph.inputs.map(({ name }) => [name, new Set([name])]));
  const stretches = trackStretches((value) => found.get(value) ?? NOTHING);
  for (const node of graph.nodes) {
    const map = maps.get(node);
    const taken = map === undefined ? [] : (withinLimits(() => stretches.visit(node, map)) ?? []);
    const sources = union(contentIn(node, map).map((name) => found.get(name) ?? NOTHING));
    // A slice at the edges of a concatenation takes the content of its stretches only.
    for (const [i, output] of node.outputs.entries()) found.set(output, taken[i] ? union(taken[i]) : sources);
  }
  return found;
}

/** The operands whose content a node takes; all of them where its rule does not say. */
function contentIn({ op, inputs }: CanonicalNode, map: FactorMap | undefined): readonly string[] {
  if (SHAPE_ONLY.has(op)) return [];
  return map === undefined ? inputs : inputs.filter((_, operand) => map.inputs[operand]);
}

/** The union; returns one of the sets itself if it contains all the others, since long chains share one set. */
function union(sets: readonly ReadonlySet<string>[]): ReadonlySet<string> {
  const largest = sets.reduce((a, b) => (b.size > a.size ? b : a), NOTHING);
  const missing = sets.flatMap((set) => [...set].filter((name) => !largest.has(name)));
  return missing.length === 0 ? largest : new Set([...largest, ...missing]);
}
