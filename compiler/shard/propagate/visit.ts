/**
 * @file Walks the nodes of a graph: what every node has to pass before an operator's rule or the plan applies to it. Knows no operator.
 */
import { CP, type CanonicalNode } from "../../ir/types.ts";
import * as catalog from "../../diagnostics/catalog/shard.ts";
import { diagnose } from "../../diagnostics/diagnose.ts";
import { valuesReadBy } from "../../graph/reads.ts";
import { aboutEntries, at, relatedTo, sayOrigin } from "../origins.ts";
import type { State } from "../state.ts";
import { valueOf } from "../knowledge.ts";

/** What happens at a node; its inputs are names of the unsplit graph, and `read` are the values that replace them. False: refused. */
export type Act = (state: State, node: CanonicalNode, read: readonly string[]) => boolean;

/** Applies `act` to every node in order, except to the readers of refused values. */
export function visitNodes(state: State, act: Act): void {
  for (const node of state.graph.nodes) visitNode(state, node, act);
}

export function visitNode(state: State, node: CanonicalNode, act: Act): void {
  // What takes the place of a result takes its name; a value that the plan added has no name to take.
  const isOwn = (name: string): boolean => state.named.shapes.has(name) || state.graph.outputs.includes(name);
  node.outputs.filter(isOwn).forEach((name) => state.taken.delete(name));
  if (!visit(state, node, act)) node.outputs.forEach((name) => state.poisoned.add(name));
}

function visit(state: State, node: CanonicalNode, act: Act): boolean {
  const inputs = node.inputs.map((name) => valueOf(state, name));
  const captured = valuesReadBy({ inputs: [], attributes: node.attributes });
  const read = [...inputs, ...captured.map((name) => valueOf(state, name))];
  if (read.some((name) => state.poisoned.has(name))) return false;
  if (captured.some((name) => valueOf(state, name) !== name)) return refuseCapture(state, node, captured);
  return act(state, node, inputs);
}

/** Branches refer to surrounding values by name, and propagation renames none of them: a chunk that replaces a value cannot be read. */
function refuseCapture(state: State, node: CanonicalNode, captured: readonly string[]): false {
  const value = captured.find((name) => valueOf(state, name) !== name)!;
  const origin = state.origins.get(valueOf(state, value));
  const made = state.graph.nodes.find(({ domain, outputs }) => domain === CP && outputs.includes(value));
  const params = { ...at(node), value: made?.inputs[0] ?? value, from: sayOrigin(origin) };
  const where = {
    span: origin?.spec?.origin.span ?? undefined,
    related: relatedTo(origin, "split here"),
    about: aboutEntries(origin),
  };
  state.diagnostics.push(diagnose(catalog.movedInSubgraph, params, where));
  return false;
}
