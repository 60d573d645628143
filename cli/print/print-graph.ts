/**
 * @file Canonical and sharded graphs as text: the same graph gives the same text.
 */
import type { CanonicalGraph, CanonicalNode } from "../../compiler/ir/types.ts";
import { show } from "../../compiler/expr/expr.ts";
import type { Attribute } from "../../compiler/graph/types.ts";
import { showLayout } from "../../compiler/shard/layout.ts";
import type { CollectiveStep, ShardedGraph } from "../../compiler/shard/types.ts";

/** A value with what is known of it, such as `float32 [1, img, 64]`. */
type Describe = (value: string) => string;

export function printCanonical(graph: CanonicalGraph): string {
  const described: Describe = (value) => `${value} ${shapeText(graph, value)}`;
  return document([
    ["inputs", graph.inputs.map(({ name }) => described(name))],
    [
      "lengths",
      graph.lengths.map(
        ({ name, sources }) => `${name} = ${sources.map((s) => `${s.input} axis ${s.axis}`).join(" = ")}`,
      ),
    ],
    ["integers", [...graph.integers].map(([name, { elements }]) => `${name} [${elements.map(show).join(", ")}]`)],
    ["constants", [...graph.constants.keys()].map(described)],
    ["nodes", graph.nodes.map((node) => nodeText(node, described))],
    ["outputs", graph.outputs.map(described)],
  ]);
}

export function printSharded({
  graph,
  mesh,
  steps,
  layouts,
  integers,
  shapes,
  equations,
  alignments,
}: ShardedGraph): string {
  const described: Describe = (value) =>
    `${value} ${shapeText({ shapes }, value)}, ${showLayout(layouts.get(value) ?? [], show)}`;
  return document([
    ["mesh", [`ring ${mesh.ring_degree} x ulysses ${mesh.ulysses_degree}`]],
    ["inputs", graph.inputs.map(({ name }) => described(name))],
    ["integers", [...integers].map(([name, { elements }]) => `${name} [${elements.map(show).join(", ")}]`)],
    ["steps", steps.map((step) => (step.kind === "local" ? nodeText(step.node, described) : collectiveText(step)))],
    ["outputs", graph.outputs.map(described)],
    ["equations", equations.map((e) => `${show(e.left)} = ${show(e.right)}: ${e.leftName} and ${e.rightName}`)],
    [
      "alignments",
      alignments.map(({ value, aligned, layout }) => `${value} -> ${aligned}, ${showLayout(layout, show)}`),
    ],
  ]);
}

function document(sections: readonly (readonly [string, readonly string[]])[]): string {
  return sections
    .filter(([, lines]) => lines.length > 0)
    .map(([title, lines]) => `${title}\n${lines.map((l) => `  ${l}\n`).join("")}`)
    .join("");
}

function shapeText({ shapes }: Pick<CanonicalGraph, "shapes">, value: string): string {
  const shape = shapes.get(value);
  return shape === undefined ? "?" : `${shape.elem} [${shape.dims.map(show).join(", ")}]`;
}

function nodeText({ op, domain, inputs, outputs, attributes, scope }: CanonicalNode, described: Describe): string {
  const settings = Object.entries(attributes)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, value]) => `${name}=${attributeText(value)}`);
  const options = settings.length === 0 ? "" : ` {${settings.join(", ")}}`;
  const name = domain === "" ? op : `${domain}.${op}`;
  return `${outputs.map(described).join("; ")} = ${name}(${inputs.join(", ")})${options}${scope === "" ? "" : ` @ ${scope}`}`;
}

function attributeText(attribute: Attribute): string {
  if (attribute.kind === "tensor") return `tensor [${attribute.value.dims.join(", ")}]`;
  if (attribute.kind === "graph") return "graph";
  return JSON.stringify(attribute.value);
}

function collectiveText({ collective, group, purpose, name, transfers, origin }: CollectiveStep): string {
  const moved = transfers.map(
    ({ send, receive, dims }) => `${send.join(", ")} -> ${receive.join(", ")} [${dims.map(show).join(", ")}]`,
  );
  return `${collective} over ${group} for ${purpose} @ ${origin.module} (${name}): ${moved.join("; ")}`;
}
