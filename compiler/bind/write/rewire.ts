/**
 * @file A canonical graph while nodes are inserted: new nodes, readers that move to them, outputs that keep their names. Knows no plan.
 */
import { definedInside, reading, valuesReadBy } from "../../graph/reads.ts";
import { plannedAttributes } from "../../ir/cp.ts";
import { CP, type CanonicalGraph, type CanonicalNode, type ValueShape } from "../../ir/types.ts";
import { invariant } from "../../diagnostics/diagnose.ts";

export interface Insertion {
  readonly op: "Shard" | "Gather";
  readonly value: string;
  readonly axis: number;
  readonly binding: number;
  readonly module: string;
  /** Which nodes read the new value after the insertion. */
  readonly moves: (reader: CanonicalNode) => boolean;
  /** The model's output moves too, and keeps its name. */
  readonly movesOutput: boolean;
}

export interface Inserted {
  /** What the new node reads: the old value, under a new name if it was an output of the model. */
  readonly from: string;
  readonly to: string;
}

/** Changed in place by `insert`; `finish` makes the graph. */
export interface Draft {
  readonly graph: CanonicalGraph;
  readonly nodes: Map<string, CanonicalNode>;
  readonly shapes: Map<string, ValueShape>;
  /** Value to the name of the node that makes it. */
  readonly producers: Map<string, string>;
  /** Value to the names of the nodes that read it, themselves or in a subgraph. */
  readonly readers: Map<string, Set<string>>;
  /** Value to the inserted nodes that read it: they follow directly after its producer. */
  readonly followers: Map<string, string[]>;
  /** Names that no new value may have, since a subgraph defines them. */
  readonly inner: ReadonlySet<string>;
  /** Values of the graph that gave their name to an inserted node. */
  readonly renamed: Map<string, string>;
}

export function draftOf(graph: CanonicalGraph): Draft {
  const draft: Draft = {
    graph,
    nodes: new Map(),
    shapes: new Map(graph.shapes),
    producers: new Map(),
    readers: new Map(),
    followers: new Map(),
    inner: new Set(graph.nodes.flatMap(definedInside)),
    renamed: new Map(),
  };
  for (const node of graph.nodes) add(draft, node);
  return draft;
}

export function insert(draft: Draft, insertion: Insertion): Inserted {
  const { op, value, axis, binding, module, moves, movesOutput } = insertion;
  const shape = draft.shapes.get(value);
  invariant(shape !== undefined, `the value ${value} has no shape`);
  // An input of the model that is returned unchanged has no producer to rename; its output stays unchanged.
  const keepsName = movesOutput && draft.graph.outputs.includes(value) && draft.producers.has(value);
  const { shapes, inner } = draft;
  const isTaken = (name: string): boolean => shapes.has(name) || inner.has(name);
  const fresh = unused(`${value}_${keepsName ? "local" : op.toLowerCase()}`, isTaken);
  const { from, to } = keepsName ? { from: fresh, to: value } : { from: value, to: fresh };
  draft.shapes.set(fresh, shape);
  if (keepsName) rename(draft, value, fresh);
  for (const reader of readersOf(draft, from)) if (moves(nodeOf(draft, reader))) move(draft, reader, from, to);
  const name = unused(`${op}_${binding}`, (one) => draft.nodes.has(one));
  const attributes = plannedAttributes(axis, binding);
  add(draft, { name, op, domain: CP, inputs: [from], outputs: [to], attributes, scope: module });
  draft.followers.set(from, [...(draft.followers.get(from) ?? []), name]);
  return { from, to };
}

/** The graph with the inserted nodes, in topological order. */
export function finish({ graph, nodes, shapes, producers, followers, renamed }: Draft): CanonicalGraph {
  const placed: CanonicalNode[] = [];
  const place = (name: string): void => {
    const node = nodes.get(name);
    invariant(node !== undefined, `no node ${name}`);
    placed.push(node);
    for (const value of node.outputs) followers.get(value)?.forEach(place);
  };
  for (const [value, names] of followers) if (!producers.has(value)) names.forEach(place);
  for (const { name } of graph.nodes) place(name);
  const markers = graph.markers.map((marker) => ({ ...marker, value: renamed.get(marker.value) ?? marker.value }));
  return { ...graph, nodes: placed, shapes, markers, opsets: { ...graph.opsets, [CP]: graph.opsets[CP] ?? 1 } };
}

function add(draft: Draft, node: CanonicalNode): void {
  draft.nodes.set(node.name, node);
  for (const name of node.outputs) draft.producers.set(name, node.name);
  for (const name of valuesReadBy(node)) readersOf(draft, name).add(node.name);
}

function move(draft: Draft, reader: string, from: string, to: string): void {
  draft.nodes.set(reader, reading(nodeOf(draft, reader), from, to));
  readersOf(draft, from).delete(reader);
  readersOf(draft, to).add(reader);
}

/** Renames a value that a node makes, everywhere. */
function rename(draft: Draft, from: string, to: string): void {
  const producer = nodeOf(draft, draft.producers.get(from) ?? "");
  const outputs = producer.outputs.map((name) => (name === from ? to : name));
  draft.nodes.set(producer.name, { ...producer, outputs });
  draft.producers.set(to, producer.name);
  for (const reader of readersOf(draft, from)) move(draft, reader, from, to);
  draft.followers.set(to, draft.followers.get(from) ?? []);
  draft.followers.delete(from);
  if (!draft.renamed.has(from)) draft.renamed.set(from, to);
}

function readersOf({ readers }: Draft, value: string): Set<string> {
  const found = readers.get(value) ?? new Set();
  readers.set(value, found);
  return found;
}

function nodeOf({ nodes }: Draft, name: string): CanonicalNode {
  const node = nodes.get(name);
  invariant(node !== undefined, `no node ${name}`);
  return node;
}

function unused(name: string, isTaken: (name: string) => boolean): string {
  if (!isTaken(name)) return name;
  let i = 1;
  while (isTaken(`${name}_${i}`)) i++;
  return `${name}_${i}`;
}
