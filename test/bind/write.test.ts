/**
 * @file Binding writes the same graph plus Shard and Gather nodes, for any plan.
 */
import * as fc from "fast-check";
import { expect, test } from "vitest";
import { nameText } from "../../compiler/ir/text.ts";
import { isWithin } from "../../compiler/ir/module-paths.ts";
import type { CanonicalGraph, CanonicalNode } from "../../compiler/ir/types.ts";
import type { Plan, PlanSpec } from "../../compiler/plan/types.ts";
import { graphFrom } from "../support/language/graph.ts";
import { bindPlan } from "../support/stages.ts";

const paths = ["", "a", "a.b", "a.b.c", "a.d", "e", "e.f"];

/** A random graph over nested modules; every value may be an output. */
const graphs = fc
  .array(fc.record({ scope: fc.constantFrom(...paths), from: fc.array(fc.nat(), { minLength: 1, maxLength: 3 }) }), {
    minLength: 1,
    maxLength: 14,
  })
  .chain((nodes) =>
    fc.record({ nodes: fc.constant(nodes), results: fc.array(fc.nat(), { minLength: 1, maxLength: 3 }) }),
  )
  .map(({ nodes, results }) => {
    const lines = nodes.flatMap(({ scope, from }, i) => {
      const operands = from.map((at) => (at % (i + 1) === 0 ? "x" : `v${at % (i + 1)}`));
      return [`${nameText(scope)}:`, `  v${i + 1} = Max(${operands.join(", ")})`];
    });
    const outputs = [...new Set(results.map((at) => `v${(at % nodes.length) + 1}`))];
    const modules = paths.filter((path) => path !== "").map((path) => `module ${path}`);
    return graphFrom(["in x float32 [n, m, 4]", ...modules, ...lines, `out ${outputs.join(", ")}`].join("\n"));
  });

interface Ask {
  readonly module: string;
  readonly action: "split" | "gather";
  readonly side: "input" | "output";
  readonly value: number;
}

const asks = fc.array(
  fc.oneof(
    fc.record({
      module: fc.constantFrom(...paths),
      action: fc.constant("split"),
      side: fc.constant("input"),
      value: fc.nat(),
    }),
    fc.record({
      module: fc.constantFrom(...paths),
      action: fc.constantFrom("split", "gather"),
      side: fc.constant("output"),
      value: fc.nat(),
    }),
  ),
  { minLength: 2, maxLength: 6 },
) as fc.Arbitrary<readonly Ask[]>;

function planOf(list: readonly Ask[], graph: CanonicalGraph): Plan {
  const values = graph.nodes.flatMap(({ outputs }) => outputs);
  const entries = list.map(({ module, action, side, value }, order) => {
    const spec: PlanSpec = {
      action,
      side,
      dim: 1,
      expectedDims: null,
      count: null,
      parameter: side === "input" ? `p${order}` : null,
      index: side === "input" ? null : order,
      value: [...values, "x"][value % (values.length + 1)] ?? null,
      origin: { pointer: `entry ${order}`, span: null, keySpan: null },
    };
    return { pattern: module, patternSpan: null, specs: [spec] };
  });
  return { file: null, written: null, span: null, model: null, batch: [], attention: [], entries };
}

/** The same plan without the specs whose value is at no boundary of their module. */
function possible(plan: Plan, graph: CanonicalGraph): Plan {
  const entries = plan.entries.filter((entry) => bindPlan(graph, { ...plan, entries: [entry] }).ok);
  return { ...plan, entries };
}

const isInserted = ({ domain }: CanonicalNode): boolean => domain === "cp";

/** Takes the inserted nodes out again. */
function undo(graph: CanonicalGraph, original: CanonicalGraph): readonly CanonicalNode[] {
  const source = new Map(
    graph.nodes.filter(isInserted).map(({ inputs, outputs }) => [outputs[0] ?? "", inputs[0] ?? ""]),
  );
  const names = new Map(original.nodes.map(({ name, outputs }) => [name, outputs]));
  const renamed = new Map<string, string>();
  for (const node of graph.nodes) names.get(node.name)?.forEach((name, i) => renamed.set(node.outputs[i] ?? "", name));
  const trace = (value: string): string => {
    let at = value;
    for (let next = source.get(at); next !== undefined; next = source.get(at)) at = next;
    return renamed.get(at) ?? at;
  };
  return graph.nodes
    .filter((node) => !isInserted(node))
    .map((node) => ({ ...node, inputs: node.inputs.map(trace), outputs: names.get(node.name) ?? [] }));
}

test("the graph stays in order, keeps its outputs, and is the old one without the inserted nodes", () => {
  let inserted = 0;
  fc.assert(
    fc.property(graphs, asks, (graph, list) => {
      const result = bindPlan(graph, possible(planOf(list, graph), graph));
      if (!result.ok) return;
      const { graph: bound } = result.value;
      const known = new Set(bound.inputs.map(({ name }) => name));
      for (const node of bound.nodes) {
        expect(node.inputs.filter((name) => !known.has(name))).toEqual([]);
        expect(node.outputs.filter((name) => known.has(name) || !bound.shapes.has(name))).toEqual([]);
        node.outputs.forEach((name) => known.add(name));
      }
      expect(bound.outputs).toEqual(graph.outputs);
      expect(bound.outputs.filter((name) => !known.has(name))).toEqual([]);
      expect(undo(bound, graph)).toEqual(graph.nodes);
      inserted += bound.nodes.length - graph.nodes.length;
    }),
    { numRuns: 300, seed: 7 },
  );
  expect(inserted).toBeGreaterThan(200);
});

test("a split input is seen by all of the module and by nobody else", () => {
  let checked = 0;
  fc.assert(
    fc.property(graphs, fc.constantFrom(...paths), fc.nat(), (graph, module, value) => {
      const plan = planOf([{ module, action: "split", side: "input", value }], graph);
      const result = bindPlan(graph, plan);
      if (!result.ok) return;
      const shard = result.value.graph.nodes.find(isInserted);
      if (shard === undefined) return;
      const [from = "", to = ""] = [shard.inputs[0], shard.outputs[0]];
      for (const node of result.value.graph.nodes.filter((n) => n !== shard)) {
        expect(node.inputs).not.toContain(isWithin(node.scope, module) ? from : to);
      }
      checked++;
    }),
    { numRuns: 300, seed: 11 },
  );
  expect(checked).toBeGreaterThan(50);
});

test("a gathered output is seen outside and not inside", () => {
  let checked = 0;
  fc.assert(
    fc.property(graphs, fc.constantFrom(...paths), fc.nat(), (graph, module, value) => {
      const plan = planOf([{ module, action: "gather", side: "output", value }], graph);
      const first = {
        ...plan,
        entries: plan.entries.map((e) => ({ ...e, specs: e.specs.map((s) => ({ ...s, index: 0 })) })),
      };
      const result = bindPlan(graph, first);
      if (!result.ok) return;
      const gather = result.value.graph.nodes.find(isInserted);
      if (gather === undefined) return;
      const [from = "", to = ""] = [gather.inputs[0], gather.outputs[0]];
      // All nodes are inside the root: an entry there that names a value inside it is for all of them.
      const isFree = module === "" && ![from, to].some((name) => graph.outputs.includes(name));
      for (const node of result.value.graph.nodes.filter((n) => n !== gather)) {
        expect(node.inputs).not.toContain(isWithin(node.scope, module) && !isFree ? to : from);
      }
      expect(result.value.graph.outputs).not.toContain(from);
      checked++;
    }),
    { numRuns: 300, seed: 13 },
  );
  expect(checked).toBeGreaterThan(50);
});
