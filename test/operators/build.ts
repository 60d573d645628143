/**
 * @file A canonical graph of one node from a sample, with an optional split of one operand axis, and random feeds for it.
 */
import type { BoundPlan, Binding } from "../../compiler/bind/types.ts";
import { infer } from "../../compiler/operators/infer.ts";
import { normalise } from "../../compiler/canonical/passes/normalise.ts";
import { CP, type CanonicalGraph, type CanonicalNode } from "../../compiler/ir/types.ts";
import { tensorFromNumbers } from "../../compiler/graph/tensors.ts";
import type { PlanSpec } from "../../compiler/plan/types.ts";
import type { OrtElem, OrtTensor, OrtTensors } from "../../ort/types.ts";
import type { Operand, Sample } from "./operands.ts";

type DataOperand = Operand & { readonly kind: "data" };

/** A graph of one node; a Concat goes before it for each operand that is two streams. */
export function graphOf(domain: string, op: string, sample: Sample): CanonicalGraph {
  const inputs = sample.operands.flatMap((o, i) =>
    partsOf(o, `x${i}`).map(({ name, elem, dims }) => ({ name, shape: { elem, dims } })),
  );
  const outputs = Array.from({ length: sample.outputs }, (_, i) => `y${i}`);
  const node: CanonicalNode = {
    name: "node",
    op,
    domain,
    outputs,
    attributes: sample.attributes,
    scope: "",
    inputs: sample.operands.map((o, i) => (o.kind === "absent" ? "" : `x${i}`)),
  };
  const before = sample.operands.flatMap((o, i) => (o.kind === "data" ? nodeBefore(o, `x${i}`) : []));
  const targets = sample.operands.flatMap((o, i) =>
    o.kind === "data" && o.apart !== undefined
      ? [[`x${i}.shape`, tensorFromNumbers("int64", [o.dims.length], o.dims)] as const]
      : [],
  );
  const constants = new Map([
    ...targets,
    ...sample.operands.flatMap((o, i) =>
      o.kind === "constant" ? [[`x${i}`, tensorFromNumbers(o.elem, o.dims, o.values)] as const] : [],
    ),
  ]);
  const declared = (): { elem: "float32"; dims: readonly number[] } | null =>
    sample.declared === undefined ? null : { elem: "float32", dims: sample.declared };
  const { nodes, integers, shapes, counts } = infer(
    [...before, node],
    inputs,
    constants,
    declared,
    new Set(outputs),
    normalise,
  );
  return {
    inputs,
    outputs,
    nodes,
    constants,
    integers,
    shapes,
    lengths: counts,
    prefix: null,
    markers: [],
    opsets: { "": sample.opset ?? 23 },
    modules: new Map([["", { path: "", className: null }]]),
  };
}

/** The feeds that make up an operand: itself, or the streams that are laid end to end. */
function partsOf(o: Operand, name: string): readonly (DataOperand & { readonly name: string })[] {
  if (o.kind !== "data") return [];
  const { joined, apart } = o;
  if (apart !== undefined) return [{ ...o, dims: apart, name: `${name}.0` }];
  if (joined === undefined) return [{ ...o, name }];
  return joined.sizes.map((size, i) => ({ ...o, dims: o.dims.with(joined.axis, size), name: `${name}.${i}` }));
}

/** What makes an operand of its feeds, where it is not one itself. */
function nodeBefore(o: DataOperand, name: string): readonly CanonicalNode[] {
  const inputs = partsOf(o, name).map((part) => part.name);
  const common = { name: `${name}.before`, domain: "", scope: "", outputs: [name] };
  if (o.apart !== undefined)
    return [{ ...common, op: "Reshape", inputs: [...inputs, `${name}.shape`], attributes: {} }];
  if (o.joined === undefined) return [];
  return [{ ...common, op: "Concat", inputs, attributes: { axis: { kind: "int", value: o.joined.axis } } }];
}

/** A split that a plan asks for: of a value, or of the feed that it is made of. */
export interface Cut {
  readonly value: string;
  readonly axis: number;
}

/** The graph with values split by a plan, and every output gathered wherever it is split. */
export function bound(graph: CanonicalGraph, cuts: readonly Cut[], gathers: readonly (number | null)[]): BoundPlan {
  const bindings: Binding[] = [];
  const add = (action: PlanSpec["action"], value: string, at: number): CanonicalNode => {
    const index = bindings.push({ spec: spec(action, value, at), module: "", value, axis: at, evidence: "value" }) - 1;
    const side = action === "split" ? "Shard" : "Gather";
    const output = action === "split" ? `${value}::split` : value;
    return {
      name: `${value}::${side}`,
      op: side,
      domain: CP,
      scope: "",
      inputs: [action === "split" ? value : `${value}::own`],
      outputs: [output],
      attributes: { axis: { kind: "int", value: at }, binding: { kind: "int", value: index } },
    };
  };
  const splits = cuts.map(({ value, axis }) => add("split", value, axis));
  const ends = gathers.flatMap((at, i) => (at === null ? [] : [add("gather", `y${i}`, at)]));
  const renamed = new Set(ends.map((n) => n.outputs[0]!));
  const shapes = new Map(graph.shapes);
  for (const { value } of cuts) shapes.set(`${value}::split`, shapes.get(value)!);
  for (const name of renamed) shapes.set(`${name}::own`, shapes.get(name)!);
  const cut = new Set(cuts.map(({ value }) => value));
  const nodes = graph.nodes.map((n) => ({
    ...n,
    inputs: n.inputs.map((name) => (cut.has(name) ? `${name}::split` : name)),
    outputs: n.outputs.map((name) => (renamed.has(name) ? `${name}::own` : name)),
  }));
  const made = new Set(graph.nodes.slice(0, -1).flatMap((n) => n.outputs));
  const [late, early] = [true, false].map((x) => splits.filter((n) => made.has(n.inputs[0]!) === x));
  const placed = [...early!, ...nodes.slice(0, -1), ...late!, ...nodes.slice(-1), ...ends];
  return { graph: { ...graph, nodes: placed, shapes }, bindings, batch: [], sites: [] };
}

function spec(action: PlanSpec["action"], value: string, dim: number): PlanSpec {
  const origin = { pointer: `"" / ${value}`, span: null, keySpan: null };
  return {
    action,
    side: action === "split" ? "input" : "output",
    parameter: value,
    index: null,
    count: null,
    dim,
    expectedDims: null,
    value: null,
    origin,
  };
}

/** Feeds from a fixed seed. */
export function feedsOf(operands: readonly Operand[]): OrtTensors {
  const random = generator(7);
  return Object.fromEntries(
    operands.flatMap((o, i) => partsOf(o, `x${i}`).map((part) => [part.name, tensorOf(part, random)] as const)),
  );
}

function tensorOf(o: DataOperand, random: () => number): OrtTensor {
  const size = o.dims.reduce((a, b) => a * b, 1);
  const next = (): number => o.low + random() * (o.high - o.low);
  const integer = (): number => Math.floor(next());
  const elem = o.elem as OrtElem;
  if (elem === "int32") return { elem, dims: o.dims, data: Int32Array.from({ length: size }, integer) };
  if (elem === "float32") return { elem, dims: o.dims, data: Float32Array.from({ length: size }, next) };
  if (elem === "int64")
    return { elem, dims: o.dims, data: BigInt64Array.from({ length: size }, () => BigInt(integer())) };
  return { elem, dims: o.dims, data: Uint8Array.from({ length: size }, integer) };
}

/** Numbers from 0 below 1 (a linear congruential generator; quality does not matter here). */
function generator(seed: number): () => number {
  let state = seed;
  return () => (state = (state * 1103515245 + 12345) % 2147483648) / 2147483648;
}
