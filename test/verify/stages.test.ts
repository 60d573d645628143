/**
 * @file The verifiers of the stages detect each kind of damage to a real stage result.
 */
import { describe, expect, test } from "vitest";
import { checked, verifyStages } from "../../compiler/checked.ts";
import { asCp } from "../../compiler/ir/cp.ts";
import type { SiteBinding } from "../../compiler/bind/types.ts";
import { verifyBound } from "../../compiler/bind/verify.ts";
import type { CanonicalGraph, CanonicalNode } from "../../compiler/ir/types.ts";
import { verifyCanonical } from "../../compiler/canonical/verify.ts";
import type { ShardedGraph, ShardedStep } from "../../compiler/shard/types.ts";
import { verifySharded } from "../../compiler/shard/verify.ts";
import { boundFixture, shardedFixture, shippedPlan } from "../support/compiled.ts";

const FILE = "flux/flux.dynamo18-dynamic.onnx";
const bound = await boundFixture(FILE, shippedPlan("flux"));
const { graph } = bound;
const mesh = {
  batch_degree: 1,
  ring_degree: 2,
  ulysses_degree: 2,
  rotate_method: "alltoall",
  convert_to_fp32: true,
} as const;
const sharded = await shardedFixture(FILE, shippedPlan("flux"), mesh);

const change = <T>(list: readonly T[], at: number, by: (old: T) => T): readonly T[] => list.with(at, by(list[at]!));
const indexOf = (op: string): number => graph.nodes.findIndex((n) => n.op === op);
const shard = graph.nodes.findIndex((n) => n.op === "Shard");

const ofCanonical: Readonly<Record<string, CanonicalGraph>> = {
  "a node is missing": { ...graph, nodes: graph.nodes.toSpliced(indexOf("MatMul"), 1) },
  "two nodes have changed places": { ...graph, nodes: graph.nodes.toReversed() },
  "a value is written twice": { ...graph, nodes: [...graph.nodes, graph.nodes[0]!] },
  "an output is written by nobody": { ...graph, outputs: ["nobody"] },
  "an extent is another": withShape("chunk", graph),
  "an axis too many": withShape("extra", graph),
  "an unknown length": withShape("unknown", graph),
  "a module that is not there": {
    ...graph,
    nodes: change(graph.nodes, indexOf("MatMul"), (n) => ({ ...n, scope: "nowhere" })),
  },
  "a length without its feed": { ...graph, lengths: [{ name: "img", sources: [{ input: "img_ids", axis: 9 }] }] },
};

/** The result of the first MatMul with another shape. */
function withShape(how: "chunk" | "extra" | "unknown", from: CanonicalGraph): CanonicalGraph {
  const name = from.nodes[indexOf("MatMul")]!.outputs[0]!;
  const { elem, dims } = from.shapes.get(name)!;
  const other = { chunk: dims.with(0, 7), extra: [...dims, 1], unknown: dims.with(0, "nobody") }[how];
  return { ...from, shapes: new Map([...from.shapes, [name, { elem, dims: other }]]) };
}

describe("a canonical graph", () => {
  test("is right as it is", () => expect(verifyCanonical(graph)).toEqual([]));
  test.each(Object.entries(ofCanonical))("%s", (_, damaged) => expect(verifyCanonical(damaged)).not.toEqual([]));
});

const withNode = (by: (old: CanonicalNode) => CanonicalNode) => ({
  ...bound,
  graph: { ...graph, nodes: change(graph.nodes, shard, by) },
});
const number = (value: number) => ({ kind: "int", value }) as const;

const attention = graph.nodes.find((node) => asCp(node, "Attention") !== null)!;
const siteOf = (node: string): SiteBinding => ({
  node,
  module: attention.scope,
  entry: { pattern: "*", scheme: "gather", origin: { pointer: "$attention.*", span: null, keySpan: null } },
});

const ofBound: Readonly<Record<string, typeof bound>> = {
  "an axis beyond the value": withNode((n) => ({ ...n, attributes: { ...n.attributes, axis: number(5) } })),
  "a binding that is not there": withNode((n) => ({ ...n, attributes: { ...n.attributes, binding: number(99) } })),
  "another binding's axis": {
    ...bound,
    bindings: bound.bindings.map((b) => ({ ...b, axis: b.axis + 1 })),
  },
  "a binding that nothing acts on": withNode((n) => ({ ...n, op: "Identity", domain: "" })),
  "a scheme for what is no attention": { ...bound, sites: [siteOf("nobody")] },
  "two schemes for one site": { ...bound, sites: [siteOf(attention.name), siteOf(attention.name)] },
  "a binding to no value": { ...bound, bindings: bound.bindings.map((b) => ({ ...b, value: "nobody" })) },
};

describe("a bound plan", () => {
  test("is right as it is", () => expect(verifyBound(bound)).toEqual([]));
  test.each(Object.entries(ofBound))("%s", (_, damaged) => expect(verifyBound(damaged)).not.toEqual([]));
});

const [splitValue, layout] = [...sharded.layouts].find(([, l]) => l.length === 1 && l[0]!.segments.length === 2)!;
const collective = sharded.steps.findIndex((s) => s.kind === "collective" && s.collective === "all-to-all");
const shift = sharded.steps.findIndex((s) => s.kind === "collective" && s.collective === "shift");

const withLayout = (to: typeof layout): ShardedGraph => ({
  ...sharded,
  layouts: new Map([...sharded.layouts, [splitValue, to]]),
});
const withStep = (at: number, by: (old: ShardedStep) => ShardedStep): ShardedGraph => ({
  ...sharded,
  steps: change(sharded.steps, at, by),
});
const withTransfers = (at: number, by: (dims: readonly unknown[]) => unknown): ShardedGraph =>
  withStep(at, (step) =>
    step.kind === "local"
      ? step
      : { ...step, transfers: step.transfers.map((t) => ({ ...t, dims: by(t.dims) as typeof t.dims })) },
  );

const ofSharded: Readonly<Record<string, ShardedGraph>> = {
  "a step is missing": { ...sharded, steps: sharded.steps.toSpliced(collective, 1) },
  "steps have changed places": { ...sharded, steps: sharded.steps.toReversed() },
  "a step is done twice": { ...sharded, steps: [...sharded.steps, sharded.steps[0]!] },
  "another axis is split": withLayout([{ ...layout[0]!, axis: 1 - layout[0]!.axis }]),
  "an axis that is not there is split": withLayout([{ ...layout[0]!, axis: 9 }]),
  "a segment is missing": withLayout([{ ...layout[0]!, segments: layout[0]!.segments.slice(1) }]),
  "a value is split twice": withLayout([layout[0]!, { ...layout[0]!, axis: 1 - layout[0]!.axis }]),
  "an output is still split": { ...sharded, layouts: new Map([...sharded.layouts, [graph.outputs[0]!, layout]]) },
  "the ranks' extents are others": {
    ...sharded,
    localShapes: new Map([...sharded.localShapes, [splitValue, sharded.shapes.get(splitValue)!]]),
  },
  "a peer expects another block": withTransfers(collective, (dims) => dims.toReversed()),
  "a ring sends a chunk of another size": withTransfers(shift, (dims) => dims.with(1, 7)),
  "a collective has a block too few": withStep(collective, (step) =>
    step.kind === "local" ? step : { ...step, transfers: step.transfers.map((t) => ({ ...t, send: t.send.slice(1) })) },
  ),
};

describe("a sharded graph", () => {
  test("is right as it is", () => expect(verifySharded(sharded)).toEqual([]));
  test.each(Object.entries(ofSharded))("%s", (_, damaged) => expect(verifySharded(damaged)).not.toEqual([]));
});

describe("the pipeline", () => {
  const damaged = { ok: true, value: { ...graph, outputs: ["nobody"] }, diagnostics: [] } as const;
  const pass = () => checked("the canonical graph", verifyCanonical, damaged);

  test("stops at a damaged result, as at a mistake of ours", () => {
    expect(pass).toThrow(
      "internal error of onnx-context-parallel (please report it): the canonical graph is inconsistent: nothing writes the output nobody",
    );
  });

  test("asks only where it was turned on", () => {
    verifyStages(false);
    expect(pass()).toBe(damaged);
    verifyStages(true);
  });
});
