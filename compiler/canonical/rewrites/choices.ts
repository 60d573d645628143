/**
 * @file A choice between booleans becomes And, Or and Not, which onnxruntime computes: it has no Where for booleans.
 */
import type { Expr } from "../../expr/expr.ts";
import { numbersOf } from "../../graph/tensors.ts";
import { asCp } from "../../ir/cp.ts";
import type { CanonicalGraph, CanonicalNode } from "../../ir/types.ts";
import { broadcastShape } from "../../operators/rules/elementwise.ts";
import { applyPatches, draft, type Patch } from "./draft.ts";
import { dimsOf, elemOf, isOp, lookupOf, scalarOf, type Lookup } from "./lookup.ts";
import { sameExtents } from "./views/views.ts";

export function writeChoices(graph: CanonicalGraph): CanonicalGraph {
  const lookup = lookupOf(graph);
  return applyPatches(
    graph,
    graph.nodes.flatMap((node) => written(lookup, node) ?? []),
  );
}

/** Where(c, a, b) is (c and a) or (not c and b), less what is known of a and b. */
function written(lookup: Lookup, node: CanonicalNode): Patch | null {
  const [[c = "", a = "", b = ""], [output]] = [node.inputs, node.outputs as readonly [string]];
  if (!isOp(node, "Where") || elemOf(lookup, output) !== "bool") return null;
  const d = draft(lookup, node.name, node.scope);
  const whole = dimsOf(lookup, output);
  const value = (name: string): Made => ({ name, dims: dimsOf(lookup, name) });
  const add = (op: string, inputs: readonly Made[], last = false): Made => {
    const dims = last ? whole : broadcastShape(inputs.map((x) => x.dims));
    const name = d.add(
      { op, inputs: inputs.map((x) => x.name), shape: { elem: "bool", dims } },
      last ? output : undefined,
    );
    return { name, dims };
  };
  const not = (x: Made): Made => add("Not", [x]);
  const [condition, first, second] = [value(c), value(a), value(b)];
  // A number that is everywhere the same may be left out, unless only it has the extents of the result.
  const fits = (x: Made): boolean => sameExtents(broadcastShape([condition.dims, x.dims]), whole);
  const [ofFirst, ofSecond] = [a, b].map((x) => everywhere(lookup, x));
  if (ofFirst === 1 && fits(second)) add("Or", [condition, second], true);
  else if (ofSecond === 0 && fits(first)) add("And", [condition, first], true);
  else if (ofFirst === 0 && fits(second)) add("And", [not(condition), second], true);
  else if (ofSecond === 1 && fits(first)) add("Or", [not(condition), first], true);
  else add("Or", [add("And", [condition, first]), add("And", [not(condition), second])], true);
  return d.replace(node);
}

interface Made {
  readonly name: string;
  readonly dims: readonly Expr[];
}

/** 0 or 1 where that is the value of every element. */
function everywhere(lookup: Lookup, value: string): number | null {
  const fill = asCp(lookup.producer(value), "Fill");
  return fill === null ? scalarOf(lookup, value) : (numbersOf(fill.value)?.[0] ?? null);
}
