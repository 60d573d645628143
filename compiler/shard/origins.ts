/**
 * @file Text and location of a layout's origin. Knows plan entries and nodes, not operators.
 */
import { asCp } from "../ir/cp.ts";
import { indexOf } from "../ir/graph-index.ts";
import type { CanonicalNode } from "../ir/types.ts";
import type { Where } from "../diagnostics/diagnose.ts";
import type { About, Related } from "../diagnostics/types.ts";
import { show } from "../expr/expr.ts";
import { showLayout } from "./layout.ts";
import { type State } from "./state.ts";
import { layoutOf } from "./knowledge.ts";
import type { Layout, Origin } from "./types.ts";

/** `the plan entry "" / hidden_states`, or the node that caused it. */
export function sayOrigin(origin: Origin | undefined): string {
  if (origin === undefined) return "an earlier step";
  if (origin.spec !== null) return `the plan entry ${origin.spec.origin.pointer}`;
  return origin.node === null ? `the module "${origin.module}"` : `the node ${origin.node}`;
}

/** The plan entries among the origins that a message names. */
export function aboutEntries(...origins: readonly (Origin | undefined)[]): About {
  return { entries: origins.flatMap((origin) => origin?.spec?.origin.pointer ?? []) };
}

/** The node of an origin with its module, for what has no name that a user knows. */
export function sayPlace({ module, node }: Origin): string {
  return `${node === null ? "a step" : `"${node}"`}${module === "" ? "" : ` in module "${module}"`}`;
}

/** Points at the plan entry where the origin has one with a place. */
export function relatedTo(origin: Origin | undefined, message: string): readonly Related[] {
  const span = origin?.spec?.origin.span ?? null;
  if (origin === undefined) return [];
  const place = span === null ? {} : { file: span.file, start: span.start, end: span.end };
  return [{ message, ...place, ...(origin.node === null ? {} : { node: origin.node }), module: origin.module }];
}

/** A diagnostic's place: the plan entry that split `value`, as far as it is known. */
export function atSplitOf(state: State, value: string, extra: readonly Related[] = []): Where {
  const origin = state.origins.get(value);
  return { span: origin?.spec?.origin.span ?? undefined, related: extra };
}

/** The plan entry that split the first segment of a layout. */
export function originOf(state: State, layout: Layout, otherwise: Origin | undefined): Origin | undefined {
  const [segment] = layout[0]?.segments ?? [];
  return (segment === undefined ? undefined : state.splitters.get(segment.origin)) ?? otherwise;
}

/** The name of a value in the model. Names that propagation adds end in `::WHAT`; names of a model may contain `::` as well. */
export function sayValue(state: State, value: string): string {
  let name = state.sameAs.get(value) ?? value;
  while (!state.named.shapes.has(name) && name.includes("::")) name = name.slice(0, name.lastIndexOf("::"));
  return nameInModel(state, name);
}

/** An output of the model gives its name to what a plan entry makes of it, and has another one (`y_local`) before: the name of the output. */
function nameInModel(state: State, name: string): string {
  const { named: graph } = state;
  if (graph.outputs.includes(name)) return name;
  for (const { node } of indexOf(graph).readers(name)) {
    const operation = asCp(node, "Shard") ?? asCp(node, "Gather");
    const result = operation === null ? name : nameInModel(state, operation.result);
    if (graph.outputs.includes(result)) return result;
  }
  return name;
}

/** The layout of a value in words. */
export function sayLayout(state: State, value: string): string {
  return showLayout(layoutOf(state, value), show);
}

export function say(layout: Layout): string {
  return showLayout(layout, show);
}

/** A node as an origin. */
export function originAt({ scope, name }: CanonicalNode): Origin {
  return { module: scope, node: name, spec: null };
}

/** A node as the catalogue names it. */
export function at(node: CanonicalNode): { op: string; node: string; module: string } {
  return { op: node.op, node: node.name, module: node.scope };
}
