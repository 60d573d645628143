/**
 * @file What a module's inputs are to its attention: source of the queries, or of the keys and values. By the field's convention
 * `hidden_states` asks and `encoder_hidden_states` is asked, whatever the model calls these tensors outside.
 */
import { CP } from "../../ir/types.ts";
import { isStateName } from "../names.ts";
import { type Topology } from "../../ir/topology.ts";
import { isWithin } from "../../ir/module-paths.ts";

export interface Sides {
  /** Inputs that only queries come from. */
  readonly asking: ReadonlySet<string>;
  /** Inputs that only keys and values come from. */
  readonly asked: ReadonlySet<string>;
}

const NEITHER: Sides = { asking: new Set(), asked: new Set() };

/** For a module with one attention; with more, or none, an input has no one side. */
export function sidesOf(module: string, topology: Topology): Sides {
  const sites = (topology.members.get(module) ?? []).filter(({ op, domain }) => op === "Attention" && domain === CP);
  const [site] = sites;
  if (sites.length !== 1 || site === undefined) return NEITHER;
  const queries = sourcesOf(site.inputs.slice(0, 1), module, topology);
  const keys = sourcesOf(site.inputs.slice(1, 3), module, topology);
  const only = (a: ReadonlySet<string>, b: ReadonlySet<string>): ReadonlySet<string> =>
    new Set([...a].filter((value) => !b.has(value)));
  return { asking: only(queries, keys), asked: only(keys, queries) };
}

/** The side that a name stands for, and the other one; `null` for names without a side. */
export function sideByName(parameter: string, { asking, asked }: Sides): { right: Names; wrong: Names } | null {
  if (isStateName(parameter)) return { right: asking, wrong: asked };
  const isContext = parameter.split("_").some((word) => word === "encoder" || word === "context");
  return isContext ? { right: asked, wrong: asking } : null;
}

type Names = ReadonlySet<string>;

/** Values from outside the module that `values` are made from. */
function sourcesOf(values: readonly string[], module: string, { producer }: Topology): ReadonlySet<string> {
  const outside = new Set<string>();
  const pending = [...values];
  const seen = new Set(pending);
  for (let value = pending.pop(); value !== undefined; value = pending.pop()) {
    const node = producer.get(value);
    if (node === undefined || !isWithin(node.scope, module)) {
      outside.add(value);
      continue;
    }
    for (const name of node.inputs) {
      if (!seen.has(name)) pending.push(name);
      seen.add(name);
    }
  }
  return outside;
}
