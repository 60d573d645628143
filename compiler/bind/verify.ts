/**
 * @file Invariants of every bound plan: its inserted nodes are in order and well formed, and each binding that found a value is present, by
 * its node or by another that does the same. A finding is an error of the compiler. Knows no layout.
 */
import { asCp } from "../ir/cp.ts";
import { CP, type CanonicalNode } from "../ir/types.ts";
import { sameDims, verifyOrder } from "../ir/verify.ts";
import type { BoundPlan } from "./types.ts";

/** Violations; empty if the bound plan is correct. */
export function verifyBound(bound: BoundPlan): readonly string[] {
  const inserted = bound.graph.nodes.filter((n) => n.domain === CP && (n.op === "Shard" || n.op === "Gather"));
  return [
    ...verifyOrder(bound.graph),
    ...inserted.flatMap((node) => nodeProblems(bound, node)),
    ...bindingProblems(bound, inserted),
    ...siteProblems(bound),
  ];
}

function nodeProblems({ graph, bindings }: BoundPlan, node: CanonicalNode): readonly string[] {
  const binding = bindings[numberOf(node, "binding") ?? -1];
  if (binding === undefined) return [`${node.name} belongs to no binding`];
  const axis = numberOf(node, "axis") ?? -1;
  const [before, after] = [node.inputs[0], node.outputs[0]].map((name) => graph.shapes.get(name ?? "")?.dims ?? []);
  const rank = before?.length ?? 0;
  return [
    ...(sameDims(before ?? [], after ?? []) ? [] : [`${node.name} changes the shape of ${node.inputs[0]}`]),
    ...(axis >= 0 && axis < rank ? [] : [`${node.name} is on axis ${axis} of a value with ${rank}`]),
    ...(axis === binding.axis ? [] : [`${node.name} is on axis ${axis}, its binding on ${binding.axis}`]),
    ...(binding.value === null ? [`${node.name} belongs to a binding that found no value`] : []),
  ];
}

/** A binding without a value gives a reason; one with a value names one that exists, and a node acts on it. */
function bindingProblems({ graph, bindings }: BoundPlan, inserted: readonly CanonicalNode[]): readonly string[] {
  const acting = new Set(inserted.map((n) => numberOf(n, "binding")));
  const key = (i: number): string => {
    const { value, axis, spec } = bindings[i]!;
    return `${value} ${axis} ${spec.action}`;
  };
  const done = new Set([...acting].flatMap((i) => (i === undefined || bindings[i] === undefined ? [] : [key(i)])));
  return bindings.flatMap(({ module, value, evidence }, i) => {
    const found = evidence !== "absent" && evidence !== "skipped";
    if (value === null) return found ? [`binding ${i} of ${module} found nothing by ${evidence}`] : [];
    if (!graph.shapes.has(value)) return [`binding ${i} of ${module} names ${value}, which is not there`];
    return found && !done.has(key(i)) ? [`binding ${i} of ${module} found ${value}, and nothing acts on it`] : [];
  });
}

/** Each site with a scheme is one attention of the graph. */
function siteProblems({ graph, sites }: BoundPlan): readonly string[] {
  const known = new Set(graph.nodes.filter((node) => asCp(node, "Attention") !== null).map(({ name }) => name));
  const twice = sites.filter(({ node }, i) => sites.findIndex((other) => other.node === node) !== i);
  return [
    ...sites.filter(({ node }) => !known.has(node)).map(({ node }) => `${node} has a scheme and is no attention`),
    ...twice.map(({ node }) => `${node} has two schemes`),
  ];
}

function numberOf(node: CanonicalNode, name: string): number | undefined {
  const attribute = node.attributes[name];
  return attribute?.kind === "int" ? attribute.value : undefined;
}
