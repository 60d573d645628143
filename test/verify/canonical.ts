/**
 * @file What holds of every canonical graph: each value is written once, before it is read; each shape is what the operator's rule says.
 * A finding is a mistake of the compiler. Reads the graph only, and knows operators by their rules.
 */
import { equal, show, symbolsOf, withinLimits } from "../../compiler/expr/expr.ts";
import { outputShapes, viewOf } from "../../compiler/operators/infer.ts";
import { ruleOf } from "../../compiler/operators/table.ts";
import type { CanonicalGraph, CanonicalNode, ValueShape } from "../../compiler/ir/types.ts";

/** What is wrong with the graph; empty if nothing is. */
export function verifyCanonical(graph: CanonicalGraph): readonly string[] {
  return [...verifyOrder(graph), ...shapeProblems(graph), ...lengthProblems(graph), ...scopeProblems(graph)];
}

/** Single assignment, and no use before it. */
export function verifyOrder({ inputs, constants, integers, nodes, outputs }: CanonicalGraph): readonly string[] {
  const problems: string[] = [];
  const written = new Set<string>();
  const write = (name: string, by: string): void => {
    if (written.has(name)) problems.push(`${by} writes ${name} a second time`);
    written.add(name);
  };
  for (const { name } of inputs) write(name, "the inputs");
  // A constant of integers stands among the integers as well.
  for (const name of new Set([...constants.keys(), ...integers.keys()])) write(name, "the constants");
  for (const node of nodes) {
    for (const name of node.inputs) {
      if (name !== "" && !written.has(name)) problems.push(`${node.name} reads ${name}, which nothing wrote before`);
    }
    for (const name of node.outputs) if (name !== "") write(name, node.name);
  }
  return [...problems, ...outputs.filter((o) => !written.has(o)).map((o) => `nothing writes the output ${o}`)];
}

function shapeProblems(graph: CanonicalGraph): readonly string[] {
  const problems: string[] = [];
  const expect = (name: string, dims: ValueShape["dims"]): void => {
    const known = graph.shapes.get(name);
    if (known === undefined) problems.push(`${name} has no shape`);
    else if (!sameDims(known.dims, dims)) problems.push(`${name} is ${say(known.dims)}, not ${say(dims)}`);
  };
  for (const { name, shape } of graph.inputs) expect(name, shape.dims);
  for (const [name, { dims }] of graph.constants) expect(name, dims);
  for (const [name, { dims, elements }] of graph.integers) {
    expect(name, dims);
    if (elements.length !== dims.reduce((a, b) => a * b, 1))
      problems.push(`${name} has ${elements.length} elements, not ${say(dims)}`);
  }
  for (const node of graph.nodes) problems.push(...nodeProblems(graph, node));
  return problems;
}

/** The rule's factor map has the ranks of the operands, and gives the shapes that the results have. */
function nodeProblems(graph: CanonicalGraph, node: CanonicalNode): readonly string[] {
  const missing = node.outputs.filter((name) => name !== "" && !graph.shapes.has(name));
  if (missing.length > 0) return missing.map((name) => `${name} has no shape`);
  const view = viewOf(node, { ...graph, declared: (name) => graph.shapes.get(name) ?? null });
  const map = withinLimits(() => ruleOf(node).factors(view));
  const shapes = withinLimits(() => outputShapes(view));
  if (map === null || shapes === null) return [];
  const ranks = node.inputs.flatMap((name, i) => {
    const axes = map.inputs[i];
    const dims = graph.shapes.get(name)?.dims;
    return !axes || dims === undefined || axes.length === dims.length
      ? []
      : [`the rule of ${node.name} (${node.op}) reads ${name} with ${axes.length} axes, not ${dims.length}`];
  });
  const results = node.outputs.flatMap((name, i) => {
    const dims = graph.shapes.get(name)?.dims;
    const ruled = shapes[i]?.dims;
    return dims === undefined || ruled === undefined || sameDims(dims, ruled)
      ? []
      : [`${name} is ${say(dims)}, where the rule of ${node.name} (${node.op}) says ${say(ruled)}`];
  });
  return [...ranks, ...results];
}

/** Every name in an extent is a length of the feeds, or stands for an extent that depends on data. */
function lengthProblems({ shapes, inputs, lengths }: CanonicalGraph): readonly string[] {
  const names = new Set(lengths.map((l) => l.name));
  const unknown = [...shapes].flatMap(([value, { dims }]) =>
    dims
      .flatMap(symbolsOf)
      .filter((s) => !s.startsWith("?") && !names.has(s))
      .map((s) => `${value} has the extent ${s}, which no feed gives`),
  );
  const sourceless = lengths.flatMap(({ name, sources }) =>
    sources
      .filter((s) => (inputs.find((i) => i.name === s.input)?.shape.dims.length ?? 0) <= s.axis)
      .map((s) => `the length ${name} comes from axis ${s.axis} of ${s.input}, which is not there`),
  );
  return [...unknown, ...sourceless];
}

function scopeProblems({ nodes, modules }: CanonicalGraph): readonly string[] {
  return nodes
    .filter((n) => n.scope !== "" && !modules.has(n.scope))
    .map((n) => `${n.name} belongs to ${n.scope}, which is no module`);
}

/** Extents that agree; a name beginning with `?` says that nothing is known, and a rule may give it another. */
export function sameDims(a: ValueShape["dims"], b: ValueShape["dims"]): boolean {
  const open = (d: ValueShape["dims"][number]): boolean =>
    symbolsOf(d).some((s) => s.startsWith("?")) || (typeof d === "number" && d < 0);
  return a.length === b.length && a.every((d, i) => equal(d, b[i]!) || open(d) || open(b[i]!));
}

function say(dims: ValueShape["dims"]): string {
  return `(${dims.map(show).join(", ")})`;
}
