/**
 * @file Refuses a sharded graph in which a rank would have to compute an extent that depends on data: of an integer operand, or of a block
 * that is exchanged. Knows no operator.
 */
import { sizeMessages } from "../../diagnostics/catalog/splitting/sizes.ts";
import { diagnose } from "../../diagnostics/diagnose.ts";
import type { Diagnostic } from "../../diagnostics/types.ts";
import { isOpen, show } from "../../expr/expr.ts";
import { aboutEntries } from "../origins.ts";
import { reads } from "../prune.ts";
import type { ShardedGraph } from "../types.ts";

/** An error for each plan entry and each node of the graph that needs such sizes, with the first of them. */
export function openSizes({ steps, integers }: ShardedGraph): readonly Diagnostic[] {
  const found = new Map<unknown, Diagnostic>();
  for (const step of steps) {
    const { module, node, spec } = step.origin;
    const blocks = step.kind === "collective" ? step.transfers.flatMap(({ dims }) => dims) : [];
    const operands = reads(step).flatMap((name) => integers.get(name)?.elements ?? []);
    const elements = [...blocks, ...operands].filter(isOpen);
    if (elements.length === 0 || found.has(spec ?? node)) continue;
    const op = step.kind === "local" ? step.node.op : step.collective;
    const params = { op, node, module, sizes: elements.map(show).join(", ") };
    const related = node === null ? [] : [{ message: "needs the size here", node, module }];
    const where = { span: spec?.origin.span ?? undefined, related, about: aboutEntries(step.origin) };
    found.set(spec ?? node, diagnose(sizeMessages.dependsOnData, params, where));
  }
  return [...found.values()];
}
