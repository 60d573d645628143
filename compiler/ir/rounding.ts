/**
 * @file How a graph rounds what its inputs determine: the weakest floating type on the way to each value, and the values behind a rounding
 * to whole numbers, where a small difference becomes a large one. Knows no layout and no numbers.
 */
import { valuesReadBy } from "../graph/reads.ts";
import type { ElemType } from "../graph/types.ts";
import type { CanonicalGraph, CanonicalNode } from "./types.ts";

export type FloatElem = "bfloat16" | "float16" | "float32" | "float64";

/** Types with few digits first. */
const FLOATS: readonly FloatElem[] = ["bfloat16", "float16", "float32", "float64"];

type Flow = Pick<CanonicalGraph, "nodes" | "inputs" | "shapes">;

export function isFloatElem(elem: ElemType | undefined): elem is FloatElem {
  return FLOATS.some((float) => float === elem);
}

/**
 * The narrowest floating type on the way from inputs to each value that depends on one; `null` where there is none. Other values are the
 * same in every run, whatever their type (weights stored in float16, for example), and are left out.
 */
export function weakestTypes({ nodes, inputs, shapes }: Flow): ReadonlyMap<string, FloatElem | null> {
  const found = new Map<string, FloatElem | null>();
  const add = (name: string, above: ReadonlySet<FloatElem | null>): void => {
    const elem = shapes.get(name)?.elem;
    found.set(name, FLOATS.find((float) => float === elem || above.has(float)) ?? null);
  };
  for (const { name } of inputs) add(name, new Set());
  for (const node of nodes) {
    const above = new Set(valuesReadBy(node).flatMap((name) => found.get(name) ?? []));
    const reads = valuesReadBy(node).some((name) => found.has(name));
    if (reads) for (const name of node.outputs) add(name, above);
  }
  return found;
}

const ROUNDS: ReadonlySet<string> = new Set([
  "QuantizeLinear",
  "DynamicQuantizeLinear",
  "DynamicQuantizeMatMul",
  "Round",
  "Floor",
  "Ceil",
]);

/** Values that follow from a floating number, itself following from an input, that was rounded to a whole number or to few bits. */
export function behindRounding(graph: Flow): ReadonlySet<string> {
  const weakest = weakestTypes(graph);
  const behind = new Set<string>();
  for (const node of graph.nodes) {
    const read = valuesReadBy(node);
    const rounds = isRounding(node, graph) && weakest.get(node.inputs[0] ?? "") !== undefined;
    if (rounds || read.some((name) => behind.has(name))) for (const name of node.outputs) behind.add(name);
  }
  return behind;
}

/** Rounds a floating number. */
function isRounding({ op, inputs, outputs }: CanonicalNode, { shapes }: Flow): boolean {
  const [from, to] = [shapes.get(inputs[0] ?? "")?.elem, shapes.get(outputs[0] ?? "")?.elem];
  if (!isFloatElem(from)) return false;
  return ROUNDS.has(op) || (op === "Cast" && !isFloatElem(to) && to !== "bool");
}
