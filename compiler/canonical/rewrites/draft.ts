/**
 * @file Collects the nodes that replace one node, and inserts such replacements into a graph. Knows no pattern.
 */
import { invariant } from "../../diagnostics/diagnose.ts";
import type { Expr } from "../../expr/expr.ts";
import type { Attributes, Tensor } from "../../graph/types.ts";
import { removeDead } from "../../ir/clean.ts";
import type { CanonicalGraph, CanonicalNode, IntegerValue, ValueShape } from "../../ir/types.ts";
import type { Lookup } from "./lookup.ts";

/** A new node without its names. */
export interface NewNode {
  readonly op: string;
  readonly domain?: string;
  readonly inputs: readonly string[];
  readonly attributes?: Attributes;
  /** Its module, where it is not that of the draft. */
  readonly scope?: string;
  /** Shape of its only output. */
  readonly shape: ValueShape;
}

export interface Draft {
  /** Adds a node; its output is `output`, or has a fresh name. Returns that name. */
  readonly add: (node: NewNode, output?: string) => string;
  /** Adds a 1-D int64 operand, or one without axes. */
  readonly integers: (elements: readonly Expr[], dims?: readonly number[]) => string;
  readonly constant: (tensor: Tensor) => string;
  /** The replacement of `anchor`: the nodes added so far make its outputs, or `aliases` replace outputs by existing values. */
  readonly replace: (anchor: CanonicalNode, aliases?: ReadonlyMap<string, string>) => Patch;
}

/** A replacement of one node, at its place in the order. */
export interface Patch {
  readonly anchor: CanonicalNode;
  readonly nodes: readonly CanonicalNode[];
  readonly integers: ReadonlyMap<string, IntegerValue>;
  readonly constants: ReadonlyMap<string, Tensor>;
  readonly shapes: ReadonlyMap<string, ValueShape>;
  /** Values that every reader replaces by others. */
  readonly aliases: ReadonlyMap<string, string>;
}

/** A draft whose nodes lie in `scope` and whose fresh names begin with `stem`. */
export function draft(lookup: Lookup, stem: string, scope: string): Draft {
  const nodes: CanonicalNode[] = [];
  const integers = new Map<string, IntegerValue>();
  const constants = new Map<string, Tensor>();
  const shapes = new Map<string, ValueShape>();
  const fresh = (what: string): string => {
    let name = `${stem}/${what}`;
    for (let i = 1; lookup.taken.has(name); i++) name = `${stem}/${what}_${i}`;
    lookup.taken.add(name);
    return name;
  };
  return {
    add: ({ op, domain = "", inputs, attributes = {}, shape, scope: own = scope }, output) => {
      const name = fresh(op);
      const value = output ?? name;
      nodes.push({ name, op, domain, inputs, outputs: [value], attributes, scope: own });
      shapes.set(value, shape);
      return value;
    },
    integers: (elements, dims = [elements.length]) => {
      const name = fresh("integers");
      integers.set(name, { elem: "int64", dims, elements });
      shapes.set(name, { elem: "int64", dims });
      return name;
    },
    constant: (tensor) => {
      const name = fresh("constant");
      constants.set(name, tensor);
      shapes.set(name, { elem: tensor.elem, dims: tensor.dims });
      return name;
    },
    replace: (anchor, aliases = new Map()) => ({ anchor, nodes, integers, constants, shapes, aliases }),
  };
}

/** The graph with all patches in it and without what they made dead. */
export function applyPatches(graph: CanonicalGraph, patches: readonly Patch[]): CanonicalGraph {
  if (patches.length === 0) return graph;
  const byAnchor = new Map(patches.map((p) => [p.anchor, p]));
  invariant(byAnchor.size === patches.length, "two patches replace one node");
  const aliases = new Map(patches.flatMap((p) => [...p.aliases]));
  const nodes = graph.nodes.flatMap((node) => byAnchor.get(node)?.nodes ?? [node]);
  return removeDead({
    ...graph,
    nodes: aliases.size === 0 ? nodes : nodes.map((node) => renameInputs(node, aliases)),
    integers: merged(graph.integers, patches, "integers"),
    constants: merged(graph.constants, patches, "constants"),
    shapes: merged(graph.shapes, patches, "shapes"),
  });
}

function renameInputs(node: CanonicalNode, aliases: ReadonlyMap<string, string>): CanonicalNode {
  if (!node.inputs.some((i) => aliases.has(i))) return node;
  return { ...node, inputs: node.inputs.map((i) => resolve(i, aliases)) };
}

function resolve(value: string, aliases: ReadonlyMap<string, string>): string {
  const target = aliases.get(value);
  return target === undefined ? value : resolve(target, aliases);
}

function merged<K extends "integers" | "constants" | "shapes">(
  own: CanonicalGraph[K],
  patches: readonly Patch[],
  key: K,
): CanonicalGraph[K] {
  const result = new Map<string, IntegerValue | Tensor | ValueShape>(own);
  for (const patch of patches) for (const [name, value] of patch[key]) result.set(name, value);
  return result as CanonicalGraph[K];
}
