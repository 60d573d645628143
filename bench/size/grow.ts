/**
 * @file Gives an exported model more blocks. A model of this field is a list of equal blocks, so the export of a few of them at full width
 * determines the export of all: what the exporter writes for one block in the middle is repeated. Knows no model's name.
 */
import { clone } from "@bufbuild/protobuf";
import type { GraphProto, NodeProto, TensorProto, ValueInfoProto } from "onnx-buf";
import { NodeProtoSchema, TensorProtoSchema, ValueInfoProtoSchema } from "onnx-buf";
import { countersOf, moveIndex } from "./names.ts";
import type { Rename } from "./names.ts";

/** The first block is special, since it computes what all share, and so is the last, since some of its results are unused. */
const FEWEST = 4;

/** The nodes of a list of blocks: those of block i, in order, from its first node to the first of block i + 1. */
interface Blocks {
  readonly list: string;
  readonly nodes: readonly (readonly NodeProto[])[];
  /** Position of the first node of the last block. */
  readonly last: number;
}

/** Lets the list of modules `list` have `count` blocks; it must have 4 or more, and `count` no fewer. Changes `graph`. Throws `Error`. */
export function grow(graph: GraphProto, list: string, count: number): void {
  const blocks = blocksOf(graph, list);
  const own = blocks.nodes.length;
  if (own < FEWEST || count < own) throw new Error(`${list} has ${own} blocks: cannot make ${count} of them`);
  const [before, template] = [blocks.nodes[own - 3]!, blocks.nodes[own - 2]!];
  const pattern = compare(before, template);
  const counters = countersOf(namesOf(graph));
  const made: Copy[] = [];
  for (let index = own - 1; index < count - 1; index++) {
    const carried = made.at(-1)?.names ?? new Map(template.flatMap(({ output }) => output.map((name) => [name, name])));
    made.push(
      copyOf(template, pattern, carried, counters.copy(list, own - 2, index), (text) =>
        moveIndex(text, list, own - 2, index),
      ),
    );
  }
  insert(graph, blocks, made, count);
}

/** How a block depends on what is outside. */
interface Pattern {
  /** An output of the block before, by the output of this block at the same place. */
  readonly carried: ReadonlyMap<string, string>;
  /** Initialisers that each block has for itself. */
  readonly parameters: ReadonlySet<string>;
}

interface Copy {
  readonly nodes: readonly NodeProto[];
  /** Values of the template and its parameters, to those of the copy. */
  readonly names: ReadonlyMap<string, string>;
}

function blocksOf(graph: GraphProto, list: string): Blocks {
  const inside = new RegExp(`'${list.replaceAll(".", "\\.")}\\.(\\d+)'`);
  const indices = graph.node.map(({ metadataProps }) => {
    const found = metadataProps.map(({ value }) => inside.exec(value)?.[1]).find((index) => index !== undefined);
    return found === undefined ? -1 : Number(found);
  });
  const count = Math.max(...indices) + 1;
  const starts = Array.from({ length: count }, (_, i) => indices.indexOf(i));
  const end = indices.findLastIndex((index) => index === count - 1) + 1;
  const nodes = starts.map((start, i) => graph.node.slice(start, starts[i + 1] ?? end));
  return { list, nodes, last: starts.at(-1) ?? 0 };
}

/** Compares two neighbouring blocks place by place. Throws if they are not equal in structure. */
function compare(before: readonly NodeProto[], block: readonly NodeProto[]): Pattern {
  if (before.map(({ opType }) => opType).join() !== block.map(({ opType }) => opType).join()) {
    throw new Error(`two blocks differ: ${before.length} and ${block.length} nodes`);
  }
  const outputsBefore = before.flatMap(({ output }) => output);
  const outputs = block.flatMap(({ output }) => output);
  const own = new Set(outputs);
  const placeBefore = new Map(outputsBefore.map((name, at) => [name, outputs[at]!]));
  const carried = new Map<string, string>();
  const parameters = new Set<string>();
  block.forEach(({ input }, at) =>
    input.forEach((name, i) => {
      if (own.has(name) || name === before[at]!.input[i]) return;
      const same = placeBefore.get(name);
      if (same === undefined) parameters.add(name);
      else carried.set(name, same);
    }),
  );
  return { carried, parameters };
}

function copyOf(
  template: readonly NodeProto[],
  { carried, parameters }: Pattern,
  previous: ReadonlyMap<string, string>,
  rename: Rename,
  move: (text: string) => string,
): Copy {
  const own = [...template.flatMap(({ output }) => output.filter((name) => name !== "")), ...parameters];
  const names = new Map(own.map((name) => [name, rename(name)]));
  const nodes = template.map((node) => {
    const copy = clone(NodeProtoSchema, node);
    copy.name = rename(node.name);
    copy.output = node.output.map((name) => names.get(name) ?? name);
    copy.input = node.input.map((name) => names.get(name) ?? previous.get(carried.get(name) ?? "") ?? name);
    for (const entry of copy.metadataProps) {
      const moved = move(entry.value);
      // The last scope is the name of the node in torch's own graph, which is mostly that of its result.
      entry.value = moved.replace(/'([^']*)'\]$/, (text, leaf: string) =>
        names.has(leaf) ? `'${names.get(leaf)}']` : text,
      );
    }
    return copy;
  });
  return { nodes, names };
}

function insert(graph: GraphProto, { list, nodes, last }: Blocks, made: readonly Copy[], count: number): void {
  const end = made.at(-1);
  if (end === undefined) return;
  const own = nodes.length;
  const move = (text: string): string => moveIndex(text, list, own - 1, count - 1);
  // What follows read the template's results, and now reads those of the last copy.
  for (const node of graph.node.slice(last)) {
    node.input = node.input.map((name) => move(end.names.get(name) ?? name));
    for (const entry of node.metadataProps) entry.value = move(entry.value);
  }
  for (const value of [...graph.initializer, ...graph.valueInfo]) value.name = move(value.name);
  graph.node.splice(last, 0, ...made.flatMap((copy) => copy.nodes));
  graph.initializer = withCopies(graph.initializer, made, (tensor, name) =>
    named(clone(TensorProtoSchema, tensor), name),
  );
  graph.valueInfo = withCopies(graph.valueInfo, made, (value, name) => named(clone(ValueInfoProtoSchema, value), name));
}

/** The items, and behind the template's last one those of the copies. */
function withCopies<T extends TensorProto | ValueInfoProto>(
  items: readonly T[],
  made: readonly Copy[],
  copy: (item: T, name: string) => T,
): T[] {
  const template = items.filter(({ name }) => made[0]!.names.has(name));
  const at = items.indexOf(template.at(-1)!) + 1;
  const copies = made.flatMap(({ names }) => template.map((item) => copy(item, names.get(item.name)!)));
  return [...items.slice(0, at), ...copies, ...items.slice(at)];
}

function named<T extends { name: string }>(item: T, name: string): T {
  item.name = name;
  return item;
}

function namesOf(graph: GraphProto): ReadonlySet<string> {
  const ofNodes = graph.node.flatMap(({ name, output }) => [name, ...output]);
  return new Set([...ofNodes, ...[...graph.initializer, ...graph.input].map(({ name }) => name)]);
}
