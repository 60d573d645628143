/**
 * @file Refuses a sharded graph in which a rank would have to compute an extent that depends on data: of an integer operand, or of a block
 * that is exchanged. Knows no operator.
 */
import { sizeMessages } from "../../diagnostics/catalog/splitting/sizes.ts";
import { diagnose } from "../../diagnostics/diagnose.ts";
import type { Diagnostic } from "../../diagnostics/types.ts";
import { isOpen, show, symbolsOf, type Expr } from "../../expr/expr.ts";
import { indexOf } from "../../ir/graph-index.ts";
import type { CanonicalGraph } from "../../ir/types.ts";
import { aboutEntries } from "../origins.ts";
import { reads } from "../prune.ts";
import type { ShardedGraph, ShardedStep } from "../types.ts";

/**
 * An error for each plan entry and each node of the graph that needs such sizes, with the first of them. Blocks are looked at only where all
 * operands are known: they have the sizes of what is split before.
 */
export function openSizes(sharded: ShardedGraph): readonly Diagnostic[] {
  const { integers } = sharded;
  const operands = openIn(sharded, (step) => reads(step).flatMap((name) => integers.get(name)?.elements ?? []));
  if (operands.length > 0) return operands;
  return openIn(sharded, (step) => (step.kind === "collective" ? step.transfers.flatMap(({ dims }) => dims) : []));
}

function openIn(
  { steps, graph }: ShardedGraph,
  sizesOf: (step: ShardedStep) => readonly Expr[],
): readonly Diagnostic[] {
  const found = new Map<unknown, Diagnostic>();
  for (const step of steps) {
    const { module, node, spec } = step.origin;
    const elements = sizesOf(step).filter(isOpen);
    if (elements.length === 0 || found.has(spec ?? node)) continue;
    const op = step.kind === "local" ? step.node.op : step.collective;
    const params = { op, node, module, sizes: elements.map(show).join(", "), unknown: unknownIn(graph, elements) };
    const related = node === null ? [] : [{ message: "needs the size here", node, module }];
    const where = { span: spec?.origin.span ?? undefined, related, about: aboutEntries(step.origin) };
    found.set(spec ?? node, diagnose(sizeMessages.dependsOnData, params, where));
  }
  return [...found.values()];
}

/** The extents that depend on data, with the nodes that decide them: `?VALUE.AXIS` is an axis of the value of that name. */
function unknownIn(graph: CanonicalGraph, elements: readonly Expr[]) {
  const names = new Set(elements.flatMap(symbolsOf).filter(isOpen));
  return [...names].flatMap((extent) => {
    const maker = indexOf(graph).producer(extent.slice(1, extent.lastIndexOf(".")));
    return maker === undefined ? [] : [{ extent, op: maker.op, node: maker.name, operand: maker.inputs[0] ?? "" }];
  });
}
