/**
 * @file Values laid end to end, of which a later slice at their edges takes some back: a text and a picture that get their positions in
 * one tensor. Knows which content lies where along an axis; knows no plan and no module.
 */
import { add, equal, type Expr } from "../../expr/expr.ts";
import { numberAttribute } from "../../graph/attributes.ts";
import { numbersOf } from "../../graph/tensors.ts";
import type { CanonicalGraph, CanonicalNode } from "../../ir/types.ts";

type Names = ReadonlySet<string>;

/** Along `axis`, stretch `i` has the content `contents[i]` and ends at `ends[i]`. */
interface Stretches {
  readonly axis: number;
  readonly ends: readonly Expr[];
  readonly contents: readonly Names[];
}

export interface StretchTracker {
  /** What is known of a node's results once its operands are known: the contents that output `i` consists of, or `null`. */
  readonly visit: (node: CanonicalNode) => readonly (readonly Names[] | null)[];
}

/** Operators that leave every element at its place. */
const IN_PLACE: ReadonlySet<string> = new Set(["Add", "Sub", "Mul", "Div", "Cast", "Identity"]);

/** `contentOf` gives what is in a value so far. */
export function trackStretches(graph: CanonicalGraph, contentOf: (value: string) => Names): StretchTracker {
  const known = new Map<string, Stretches>();
  const visit = (node: CanonicalNode): readonly (readonly Names[] | null)[] => {
    const [first = "", ...others] = node.inputs;
    const [output = ""] = node.outputs;
    if (node.domain !== "") return [];
    if (node.op === "Concat") {
      const made = joined(graph, node, contentOf);
      if (made !== null) known.set(output, made);
      return [];
    }
    if (IN_PLACE.has(node.op)) {
      const source = node.inputs.find((name) => known.has(name));
      const alone = node.inputs.every((name) => name === source || contentOf(name).size === 0);
      if (source !== undefined && alone && rankOf(graph, source) === rankOf(graph, output))
        known.set(output, known.get(source)!);
      return [];
    }
    const stretches = known.get(first);
    if (stretches === undefined) return [];
    if (node.op === "Slice") return [between(stretches, sliced(graph, others, stretches.axis, rankOf(graph, first)))];
    return node.op === "Split" ? splitAll(graph, node, stretches) : [];
  };
  return { visit };
}

function rankOf({ shapes }: CanonicalGraph, value: string): number {
  return shapes.get(value)?.dims.length ?? -1;
}

function joined(graph: CanonicalGraph, node: CanonicalNode, contentOf: (value: string) => Names): Stretches | null {
  const axis = fromEnd(numberAttribute(node.attributes, "axis", 0), rankOf(graph, node.outputs[0]!));
  const sizes = node.inputs.map((name) => graph.shapes.get(name)?.dims[axis]);
  if (sizes.some((size) => size === undefined)) return null;
  let end: Expr = 0;
  const ends = sizes.map((size) => (end = add(end, size!)));
  return { axis, ends, contents: node.inputs.map(contentOf) };
}

function fromEnd(axis: number, rank: number): number {
  return axis < 0 ? axis + rank : axis;
}

/** Start and end along `axis`; `null` for an end that is the value's own, or where the slice is none along this axis alone. */
function sliced(
  graph: CanonicalGraph,
  [starts = "", ends = "", axes = "", steps = ""]: readonly string[],
  axis: number,
  rank: number,
): readonly [Expr, Expr | null] | null {
  const [from, to] = [integersOf(graph, starts), integersOf(graph, ends)];
  const along = axes === "" ? (from ?? []).map((_, i) => i) : (integersOf(graph, axes) ?? []);
  const by = steps === "" ? null : integersOf(graph, steps);
  const at = along.findIndex((a) => typeof a === "number" && fromEnd(a, rank) === axis);
  const [start, end, step] = [from?.[at], to?.[at], by === null ? 1 : by[at]];
  if (start === undefined || end === undefined || step !== 1) return null;
  return [start, typeof end === "number" && end > Number.MAX_SAFE_INTEGER / 2 ? null : end];
}

function integersOf(graph: CanonicalGraph, value: string): readonly Expr[] | null {
  const tensor = graph.constants.get(value);
  return graph.integers.get(value)?.elements ?? (tensor === undefined ? null : numbersOf(tensor));
}

/** The contents of the stretches that a slice takes; `null` where it does not begin and end at edges. */
function between({ ends, contents }: Stretches, slice: readonly [Expr, Expr | null] | null): readonly Names[] | null {
  if (slice === null) return null;
  const first = [0, ...ends].findIndex((edge) => equal(edge, slice[0]));
  const last = slice[1] === null ? ends.length - 1 : ends.findIndex((edge) => equal(edge, slice[1]!));
  return first < 0 || last < first ? null : contents.slice(first, last + 1);
}

function splitAll(
  graph: CanonicalGraph,
  node: CanonicalNode,
  stretches: Stretches,
): readonly (readonly Names[] | null)[] {
  const axis = fromEnd(numberAttribute(node.attributes, "axis", 0), rankOf(graph, node.inputs[0]!));
  const sizes = integersOf(graph, node.inputs[1] ?? "");
  if (axis !== stretches.axis || sizes === null) return [];
  let end: Expr = 0;
  return sizes.map((size) => {
    const start = end;
    end = add(end, size);
    return between(stretches, [start, end]);
  });
}
