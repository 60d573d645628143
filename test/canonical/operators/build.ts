/**
 * @file A canonical graph of one node from a sample, with an optional split of one operand axis, and random feeds for it.
 */
import type { BoundPlan, Binding } from "../../../compiler/bind/types.ts";
import { infer } from "../../../compiler/canonical/infer.ts";
import { normalise } from "../../../compiler/canonical/normalise.ts";
import { CP, type CanonicalGraph, type CanonicalNode } from "../../../compiler/canonical/types.ts";
import { tensorFromNumbers } from "../../../compiler/graph/tensors.ts";
import type { PlanSpec } from "../../../compiler/plan/types.ts";
import type { OrtElem, OrtTensor, OrtTensors } from "../../../ort/types.ts";
import type { Operand, Sample } from "./operands.ts";

export function graphOf(domain: string, op: string, sample: Sample): CanonicalGraph {
  const inputs = sample.operands.flatMap((o, i) =>
    o.kind === "data" ? [{ name: `x${i}`, shape: { elem: o.elem, dims: o.dims } }] : [],
  );
  const constants = new Map(
    sample.operands.flatMap((o, i) =>
      o.kind === "constant" ? [[`x${i}`, tensorFromNumbers(o.elem, o.dims, o.values)] as const] : [],
    ),
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
  const declared = (): { elem: "float32"; dims: readonly number[] } | null =>
    sample.declared === undefined ? null : { elem: "float32", dims: sample.declared };
  const { nodes, integers, shapes } = infer([node], inputs, constants, declared, new Set(outputs), normalise);
  return {
    inputs,
    outputs,
    nodes,
    constants,
    integers,
    shapes,
    lengths: [],
    prefix: null,
    markers: [],
    opsets: { "": sample.opset ?? 23 },
    modules: new Map([["", { path: "", className: null }]]),
  };
}

/** The graph with one axis of one data operand split by a plan, and every output gathered wherever it is split. */
export function bound(
  graph: CanonicalGraph,
  operand: number,
  axis: number,
  gathers: readonly (number | null)[],
): BoundPlan {
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
  const split = add("split", `x${operand}`, axis);
  const ends = gathers.flatMap((at, i) => (at === null ? [] : [add("gather", `y${i}`, at)]));
  const renamed = new Set(ends.map((n) => n.outputs[0]!));
  const shapes = new Map(graph.shapes);
  shapes.set(split.outputs[0]!, shapes.get(`x${operand}`)!);
  for (const name of renamed) shapes.set(`${name}::own`, shapes.get(name)!);
  const nodes = graph.nodes.map((n) => ({
    ...n,
    inputs: n.inputs.map((name) => (name === `x${operand}` ? split.outputs[0]! : name)),
    outputs: n.outputs.map((name) => (renamed.has(name) ? `${name}::own` : name)),
  }));
  return { graph: { ...graph, nodes: [split, ...nodes, ...ends], shapes }, bindings };
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
    operands.flatMap((o, i) => (o.kind === "data" ? [[`x${i}`, tensorOf(o, random)] as const] : [])),
  );
}

function tensorOf(o: Operand & { kind: "data" }, random: () => number): OrtTensor {
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
