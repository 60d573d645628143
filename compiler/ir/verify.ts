/**
 * @file Invariants of every graph, with or without the nodes of a plan: each value is written once, before it is read; all have shapes in
 * lengths that a feed gives; scopes are modules. A finding is an error of the compiler. Knows no operator.
 */
import { equal, show, symbolsOf } from "../expr/expr.ts";
import type { CanonicalGraph, ValueShape } from "./types.ts";

/** Violations, whatever its operators are; empty if the graph is correct. */
export function verifyGraph(graph: CanonicalGraph): readonly string[] {
  return [...verifyOrder(graph), ...shapeProblems(graph), ...lengthProblems(graph), ...scopeProblems(graph)];
}

/** Single assignment, and no use before definition. */
export function verifyOrder({ inputs, constants, integers, nodes, outputs }: CanonicalGraph): readonly string[] {
  const problems: string[] = [];
  const written = new Set<string>();
  const write = (name: string, by: string): void => {
    if (written.has(name)) problems.push(`${by} writes ${name} a second time`);
    written.add(name);
  };
  for (const { name } of inputs) write(name, "the inputs");
  // A constant of integers is also in the list of integers.
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
  const unknown = graph.nodes.flatMap((n) => n.outputs).filter((name) => name !== "" && !graph.shapes.has(name));
  return [...problems, ...unknown.map((name) => `${name} has no shape`)];
}

/** Every name in an extent is a length of the feeds, or an extent that depends on data. */
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
  const uncounted = lengths.flatMap(({ name, count }) =>
    count === undefined || inputs.some((i) => i.name === count.input)
      ? []
      : [`the length ${name} is counted in ${count.input}, which is no input`],
  );
  return [...unknown, ...sourceless, ...uncounted];
}

function scopeProblems({ nodes, modules }: CanonicalGraph): readonly string[] {
  return nodes
    .filter((n) => n.scope !== "" && !modules.has(n.scope))
    .map((n) => `${n.name} belongs to ${n.scope}, which is no module`);
}

/** Extents that agree; a name starting with `?` means unknown, and a rule may give it another. */
export function sameDims(a: ValueShape["dims"], b: ValueShape["dims"]): boolean {
  const open = (d: ValueShape["dims"][number]): boolean =>
    symbolsOf(d).some((s) => s.startsWith("?")) || (typeof d === "number" && d < 0);
  return a.length === b.length && a.every((d, i) => equal(d, b[i]!) || open(d) || open(b[i]!));
}

export function say(dims: ValueShape["dims"]): string {
  return `(${dims.map(show).join(", ")})`;
}
