/**
 * @file Text and location of a layout's origin. Knows plan entries and nodes, not operators.
 */
import { asCp } from "../ir/cp.ts";
import { indexOf } from "../ir/graph-index.ts";
import { CP, type CanonicalNode } from "../ir/types.ts";
import type { Where } from "../diagnostics/diagnose.ts";
import type { About, Related } from "../diagnostics/types.ts";
import { type Expr, show, symbolsOf } from "../expr/expr.ts";
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

/** The only length among the axes of the parameter whose entry split `value` along another kind of axis; `null` otherwise. */
export function otherAxis(state: State, value: string): number | null {
  const isLength = sequenceLengths(state);
  const { spec, module } = originOf(state, layoutOf(state, value), state.origins.get(value)) ?? {};
  const bound =
    spec?.side === "input" ? state.bindings.find((one) => one.spec === spec && one.module === module) : null;
  const dims = state.named.shapes.get(bound?.value ?? "")?.dims ?? [];
  const split = dims.at(spec?.dim ?? 0);
  const lengths = dims.flatMap((d, axis) => (isLength(d) ? [axis] : []));
  return split === undefined || isLength(split) || lengths.length !== 1 ? null : lengths[0]!;
}

/** Whether an extent has a length that is rows or keys of an attention: these a plan splits, never a batch. Without attention, any length. */
export function sequenceLengths({ graph }: State): (extent: Expr) => boolean {
  const sites = graph.nodes.filter(({ op, domain }) => domain === CP && op === "Attention");
  const operands = sites.flatMap(({ inputs }) => inputs.slice(0, 2));
  const known = new Set(operands.flatMap((name) => symbolsOf(graph.shapes.get(name)?.dims[1] ?? 0)));
  return (extent) => symbolsOf(extent).some((symbol) => sites.length === 0 || known.has(symbol));
}
