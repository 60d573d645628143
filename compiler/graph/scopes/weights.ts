/**
 * @file Modules of a file without traces, from the names that its weights kept (`blocks.0.attn.to_q.bias`). Knows which operand a node reads,
 * not what it computes, except for products. Knows no plan.
 */
import { commonModule, depthOf, parentOf } from "../../ir/module-paths.ts";
import type { Graph, Node } from "../types.ts";
import type { ScopedModule, Trail } from "./trails.ts";

/** Names of parameters as torch writes them. */
const PARAMETER = /^[A-Za-z_]\w*(\.\w+)+$/;

/** A weight has one of these as its consumer; its bias is added afterwards, by a node that has a name. */
const PRODUCTS: ReadonlySet<string> = new Set("MatMul Gemm Conv MatMulInteger".split(" "));

/** What puts several streams together. */
const JOINS: ReadonlySet<string> = new Set("Add Concat ScatterND ScatterElements".split(" "));

const VIEWS: ReadonlySet<string> = new Set("Reshape Transpose Flatten Squeeze Unsqueeze Slice Split".split(" "));

/** Modules before and after a value that are remembered: the nearest ones. */
const MOST = 24;

type Names = ReadonlySet<string>;

const NONE: Names = new Set();

/** The trail of each node that the names tell; none for the others, and nothing if fewer than two modules have a named weight. */
export function trailsByWeights(graph: Graph): ReadonlyMap<Node, Trail> {
  const owners = ownersOf(graph);
  const all = [...new Set(owners.values())];
  if (all.length < 2) return new Map();
  const base = calledOf(commonModule(all));
  const before = nearest(graph.nodes, owners, "inputs", "outputs");
  const after = nearest(graph.nodes.toReversed(), owners, "outputs", "inputs");
  const paths = new Map<Node, string>();
  const madeIn = new Map<string, string>();
  for (const node of graph.nodes) {
    const path =
      owners.get(node) ??
      between(node, { before, after, base }) ??
      viewOf(node, before, base) ??
      joinOf(node, graph, before, madeIn);
    if (path === null) continue;
    paths.set(node, path);
    for (const output of node.outputs) madeIn.set(output, path);
  }
  return new Map([...paths].map(([node, path]) => [node, trailTo(path)]));
}

/** Nodes that read a named weight, directly or through nodes of constants only, and products whose bias has a name. */
function ownersOf({ nodes, constants }: Graph): ReadonlyMap<Node, string> {
  const owner = new Map<string, string | null>();
  for (const name of constants.keys()) owner.set(name, PARAMETER.test(name) ? parentOf(name) : null);
  const owners = new Map<Node, string>();
  const readers = new Map<string, Node[]>();
  for (const node of nodes) {
    const inputs = node.inputs.filter((name) => name !== "");
    for (const name of inputs) readers.set(name, [...(readers.get(name) ?? []), node]);
    const named = [...new Set(inputs.flatMap((name) => owner.get(name) ?? []))];
    const isConstant = inputs.length > 0 && inputs.every((name) => owner.has(name));
    if (isConstant) for (const output of node.outputs) owner.set(output, named.length === 1 ? named[0]! : null);
    else if (named.length > 0) owners.set(node, commonModule(named));
  }
  for (const node of nodes) {
    const [reader, ...others] = node.outputs.flatMap((output) => readers.get(output) ?? []);
    const isNameless = PRODUCTS.has(node.op) && !owners.has(node) && node.inputs.some((name) => owner.has(name));
    const path = reader?.op === "Add" && others.length === 0 ? owners.get(reader) : undefined;
    if (isNameless && path !== undefined) owners.set(node, path);
  }
  return owners;
}

type Side = "inputs" | "outputs";

/** By value, the owners nearest to it in the direction in which `nodes` are given. */
function nearest(
  nodes: readonly Node[],
  owners: ReadonlyMap<Node, string>,
  from: Side,
  to: Side,
): ReadonlyMap<string, Names> {
  const found = new Map<string, Names>();
  for (const node of nodes) {
    const own = owners.get(node);
    const known = own === undefined ? node[from].flatMap((name) => [...(found.get(name) ?? NONE)]) : [own];
    for (const name of node[to]) found.set(name, new Set([...known, ...(found.get(name) ?? NONE)].slice(0, MOST)));
  }
  return found;
}

interface Around {
  readonly before: ReadonlyMap<string, Names>;
  readonly after: ReadonlyMap<string, Names>;
  /** The module that has all others. */
  readonly base: string;
}

/** The innermost module that has a node before this one and a node after it; `null` where that is only the whole model. */
function between({ inputs, outputs }: Node, { before, after, base }: Around): string | null {
  const makers = new Set(inputs.flatMap((name) => [...(before.get(name) ?? NONE)]));
  const readers = new Set(outputs.flatMap((name) => [...(after.get(name) ?? NONE)]));
  let best = base;
  for (const maker of makers) {
    for (const reader of readers) {
      const path = calledOf(commonModule([maker, reader]), maker);
      if (depthOf(path) > depthOf(best)) best = path;
    }
  }
  return best === base ? null : best;
}

/** A list is not called: `blocks` of `blocks.0` and `blocks.1` is no module, unlike the one around it. */
function calledOf(path: string, inside = ""): string {
  const [next = ""] = inside.slice(path === "" ? 0 : path.length + 1).split(".");
  return /^\d+$/.test(next) ? parentOf(path) : path;
}

/** Another view of a module's result, on its way to another module, belongs to neither. */
function viewOf({ op, inputs: [data = ""] }: Node, before: ReadonlyMap<string, Names>, base: string): string | null {
  return VIEWS.has(op) && (before.get(data)?.size ?? 0) > 0 ? base : null;
}

/** What joins several values between blocks, such as the last sum of a block, belongs to the module that computed all of them. */
function joinOf(
  { op, inputs }: Node,
  { constants }: Graph,
  before: ReadonlyMap<string, Names>,
  madeIn: ReadonlyMap<string, string>,
): string | null {
  const data = inputs.filter((name) => name !== "" && !constants.has(name));
  if (!JOINS.has(op) || data.length < 2 || !data.some((name) => (before.get(name)?.size ?? 0) > 0)) return null;
  const makers = data.map((name) => madeIn.get(name) ?? "");
  return calledOf(commonModule(makers), makers[0]);
}

function trailTo(path: string): readonly ScopedModule[] {
  const parts = path === "" ? [] : path.split(".");
  return ["", ...parts.map((_, i) => parts.slice(0, i + 1).join("."))]
    .filter((_, i) => !/^\d+$/.test(parts[i] ?? ""))
    .map((outer) => ({ path: outer, className: null }));
}
