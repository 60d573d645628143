/**
 * @file Which inputs of a module feed the queries of its attention, and which the keys and values. By the field's convention
 * `hidden_states` feeds the queries and `encoder_hidden_states` the keys and values, whatever the model calls these tensors outside.
 */
import { asCp } from "../../ir/cp.ts";
import type { CanonicalNode } from "../../ir/types.ts";
import { isStateName } from "../parameter-names.ts";
import { behind, type GraphIndex } from "../../ir/graph-index.ts";
import { isWithin } from "../../ir/module-paths.ts";

export interface Sides {
  /** Inputs that feed only the queries. */
  readonly queries: ReadonlySet<string>;
  /** Inputs that feed only keys and values. */
  readonly keys: ReadonlySet<string>;
}

const NEITHER: Sides = { queries: new Set(), keys: new Set() };

/** Computed once per module: every parameter of a module needs them. */
const known = new WeakMap<GraphIndex, Map<string, Sides>>();

/** For a module with exactly one attention; otherwise an input has no single side. */
export function sidesOf(module: string, index: GraphIndex): Sides {
  const ofModules = known.get(index) ?? new Map<string, Sides>();
  known.set(index, ofModules);
  const sides = ofModules.get(module) ?? findSides(module, index);
  ofModules.set(module, sides);
  return sides;
}

function findSides(module: string, index: GraphIndex): Sides {
  const sites = index.inside(module).flatMap((node) => asCp(node, "Attention") ?? []);
  const [site] = sites;
  if (sites.length !== 1 || site === undefined) return NEITHER;
  const queries = sourcesOf([site.q], module, index);
  const keys = sourcesOf([site.k, site.v], module, index);
  const only = (a: ReadonlySet<string>, b: ReadonlySet<string>): ReadonlySet<string> =>
    new Set([...a].filter((value) => !b.has(value)));
  return { queries: only(queries, keys), keys: only(keys, queries) };
}

/** The side that a name refers to, and the other one; `null` for names without a side. */
export function sideByName(parameter: string, { queries, keys }: Sides): { right: Names; wrong: Names } | null {
  if (isStateName(parameter)) return { right: queries, wrong: keys };
  const isContext = parameter.split("_").some((word) => word === "encoder" || word === "context");
  return isContext ? { right: keys, wrong: queries } : null;
}

type Names = ReadonlySet<string>;

/** Values from outside the module that `values` are made from. */
function sourcesOf(values: readonly string[], module: string, index: GraphIndex): ReadonlySet<string> {
  const isInside = (maker: CanonicalNode | undefined): boolean => maker !== undefined && isWithin(maker.scope, module);
  const all = [...behind(values, index, (_, maker) => isInside(maker))];
  return new Set(all.filter((value) => !isInside(index.producer(value))));
}
