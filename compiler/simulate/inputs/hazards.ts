/**
 * @file Where numbers within known bounds make no sense for an operator: an index outside its table, the logarithm of a negative number.
 * Each is data; only what is certain to be possible counts.
 */
import { numberAttribute } from "../../graph/attributes.ts";
import type { CanonicalGraph, CanonicalNode } from "../../ir/types.ts";
import type { Lengths } from "../positions.ts";
import { numberOf, type Interval, type Intervals } from "./intervals.ts";

/** Whether an operand is outside what the operator takes. `extents` are those of operand 0; operand 1 has `coordinates` along its last axis. */
type Refuses = (
  operands: readonly (Interval | undefined)[],
  node: CanonicalNode,
  extents: readonly number[],
  coordinates: number,
) => boolean;

const unless =
  (operand: number, fine: (interval: Interval) => boolean): Refuses =>
  (operands) => {
    const interval = operands[operand];
    return interval !== undefined && !fine(interval);
  };

const alongAxis: Refuses = ([, index], { attributes }, extents) =>
  outside(index, extents.at(numberAttribute(attributes, "axis", 0)) ?? 0);

const byCoordinates: Refuses = ([, index], { attributes }, extents, coordinates) => {
  const first = numberAttribute(attributes, "batch_dims", 0);
  return outside(index, Math.min(...extents.slice(first, first + coordinates)));
};

/** By operator; those of onnxruntime after their domain. */
const REFUSES: Readonly<Record<string, Refuses>> = {
  Gather: alongAxis,
  GatherElements: alongAxis,
  ScatterElements: alongAxis,
  GatherND: byCoordinates,
  ScatterND: byCoordinates,
  "com.microsoft.GatherBlockQuantized": ([, index], { attributes }, extents) =>
    outside(index, extents.at(numberAttribute(attributes, "gather_axis", 0)) ?? 0),
  Log: unless(0, ({ low }) => low > 0),
  Sqrt: unless(0, ({ low }) => low >= 0),
  Reciprocal: unless(0, ({ low, high }) => low > 0 || high < 0),
  Div: unless(1, ({ low, high }) => low > 0 || high < 0),
  Asin: unless(0, ({ low, high }) => low >= -1 && high <= 1),
  Acos: unless(0, ({ low, high }) => low >= -1 && high <= 1),
  Atanh: unless(0, ({ low, high }) => low > -1 && high < 1),
  Acosh: unless(0, ({ low }) => low >= 1),
  // A root of a negative number, unless the exponent is whole.
  Pow: ([base, exponent]) =>
    base !== undefined && exponent !== undefined && !Number.isInteger(exponent.low) && base.low < 0,
};

function outside(index: Interval | undefined, extent: number): boolean {
  return index !== undefined && extent > 0 && (index.low < -extent || index.high > extent - 1);
}

/** How many nodes may get an operand that they do not take. */
export function hazardsIn({ nodes, shapes }: CanonicalGraph, lengths: Lengths, intervals: Intervals): number {
  return nodes.filter((node) => {
    const name = node.domain === "" ? node.op : `${node.domain}.${node.op}`;
    const refuses = Object.hasOwn(REFUSES, name) ? REFUSES[name] : undefined;
    if (refuses === undefined) return false;
    const operands = node.inputs.map((input) => intervals.get(input));
    const extents = (shapes.get(node.inputs[0] ?? "")?.dims ?? []).map((dim) => numberOf(dim, lengths) ?? 0);
    const coordinates = numberOf(shapes.get(node.inputs[1] ?? "")?.dims.at(-1) ?? 1, lengths) ?? 1;
    return refuses(operands, node, extents, coordinates);
  }).length;
}
