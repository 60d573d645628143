/**
 * @file The boundaries of a module: the values it reads from outside and those that others read from it. Knows no plan.
 */
import type { CanonicalGraph, CanonicalNode, ValueShape } from "../../ir/types.ts";
import { invariant } from "../../diagnostics/diagnose.ts";
import { valuesReadBy } from "../../graph/reads.ts";
import { lineageOf, type Lineage } from "./lineage.ts";
import { indexOf, type Reader, type GraphIndex } from "../../ir/graph-index.ts";
import { isWithin } from "../../ir/module-paths.ts";

export interface Boundary {
  readonly value: string;
  readonly shape: ValueShape;
  /** The node that produces it, `null` for a graph input. */
  readonly producer: CanonicalNode | null;
  /** Readers on the other side: inside for a module's input, outside for its output. */
  readonly readers: readonly Reader[];
  /** For an output: the module reads it too, as with a subexpression that others share. */
  readonly isReadInside: boolean;
  readonly isGraphOutput: boolean;
  /** Graph inputs whose content reaches the value. */
  readonly ancestors: ReadonlySet<string>;
  /** The graph input that the value is a later state of, if it is exactly one. */
  readonly owner: string | null;
}

interface ModuleBoundaries {
  /** In order of first use; without constants and without integers computed from lengths. */
  readonly inputs: readonly Boundary[];
  /** In order of production. */
  readonly outputs: readonly Boundary[];
}

export interface Boundaries {
  readonly index: GraphIndex;
  of(module: string): ModuleBoundaries;
}

export function boundariesOf(graph: CanonicalGraph): Boundaries {
  const index = indexOf(graph);
  const lineage = lineageOf(index);
  const known = new Map<string, ModuleBoundaries>();
  return {
    index,
    of: (module) => {
      const found = known.get(module) ?? find(module, index, lineage);
      known.set(module, found);
      return found;
    },
  };
}

/** What the module computes for others: results that it does not read itself, and shared ones that it also reads. */
export function ownResults(outputs: readonly Boundary[]): readonly Boundary[] {
  const results = outputs.filter(({ isReadInside }) => !isReadInside);
  return results.length === 0 ? outputs : results;
}

function find(module: string, index: GraphIndex, lineage: Lineage): ModuleBoundaries {
  const { graph } = index;
  const inputs = module === "" ? graph.inputs.map(({ name }) => name) : inputsOf(module, index);
  const outputs = module === "" ? graph.outputs : outputsOf(module, index);
  return {
    inputs: inputs.map((name) => boundary(name, "input", module, index, lineage)),
    outputs: outputs.map((name) => boundary(name, "output", module, index, lineage)),
  };
}

/** Names that nodes of the module read and none of them produces, without constants and integers. */
function inputsOf(module: string, { graph, inside, producer }: GraphIndex): readonly string[] {
  const names = new Set<string>();
  for (const node of inside(module)) {
    for (const name of valuesReadBy(node)) {
      if (graph.constants.has(name) || graph.integers.has(name)) continue;
      const maker = producer(name);
      if (maker === undefined || !isWithin(maker.scope, module)) names.add(name);
    }
  }
  return [...names];
}

function outputsOf(module: string, { graph, inside, users }: GraphIndex): readonly string[] {
  const results = new Set(graph.outputs);
  const isRead = (name: string): boolean => users(name).some(({ scope }) => !isWithin(scope, module));
  const made = inside(module).flatMap((node) => node.outputs);
  return made.filter((name) => name !== "" && (results.has(name) || isRead(name)));
}

function boundary(
  value: string,
  side: "input" | "output",
  module: string,
  { graph, producer, readers }: GraphIndex,
  lineage: Lineage,
): Boundary {
  const shape = graph.shapes.get(value);
  invariant(shape !== undefined, `the value ${value} has no shape`);
  const all = readers(value);
  const inside = all.filter((r) => isWithin(r.node.scope, module));
  return {
    value,
    shape,
    producer: producer(value) ?? null,
    readers: side === "input" ? inside : all.filter((r) => !isWithin(r.node.scope, module)),
    isReadInside: inside.length > 0,
    isGraphOutput: graph.outputs.includes(value),
    ancestors: lineage.ancestors(value),
    owner: lineage.owner(value),
  };
}
