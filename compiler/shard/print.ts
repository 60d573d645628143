/**
 * @file Prints a sharded graph as the steps of one rank: the same graph gives the same text. A split axis is in braces, its segments in
 * order, and inside attention the group that it is split over: `[1, {txt, img}, 32]`, `[1, {txt, img}/ring, {8}/ulysses by 2, 64]` (two
 * heads at a time). Neighbours with a common prefix share it: `q::to.{0, 1}`. Nothing reads it back.
 */
import { equal, floorDiv, mul, RANK, showWith, type Expr } from "../expr/expr.ts";
import type { Start } from "../expr/starts.ts";
import { cutText, namedCut } from "../expr/text.ts";
import { eachOnce, lengthLine } from "../ir/print.ts";
import { callText, extentText, integersText, listText, nameText, SHORT, typeText, underHeadings } from "../ir/text.ts";
import type { ValueShape } from "../ir/types.ts";
import { groupSize, meshText } from "../../program/mesh.ts";
import type { AttentionSite, AxisShard, CollectiveStep, Layout, Origin, ShardedGraph, ShardedStep } from "./types.ts";

/** Extents of blocks in flight around a ring are long and of little use: longer ones are printed as `...`. */
const LONGEST = 64;

export function printSharded(sharded: ShardedGraph): string {
  const { graph, mesh, steps, attention, equations, alignments } = sharded;
  const say = speaker(sharded);
  const lines = [
    `mesh ${meshText(mesh)}`,
    ...legend(sharded),
    ...graph.lengths.map(lengthLine),
    ...graph.inputs.map(({ name, shape }) => `in ${nameText(name)} ${typeText(shape)}`),
    ...attention.map(siteLine),
    ...underHeadings(
      steps,
      (step) => step.origin.module,
      (module) => `${nameText(module)}:`,
      (step) => stepLines(sharded, say, step),
    ),
    `out ${graph.outputs.map(nameText).join(", ")}`,
    ...equations.map((e) => `equation ${say(e.left)} = ${say(e.right)}: ${e.leftName} and ${e.rightName}`),
    ...alignments.map((a) => `aligned ${nameText(a.value)} as ${nameText(a.aligned)} in ${nameText(a.origin.module)}`),
  ];
  return `${lines.join("\n")}\n`;
}

type Say = (e: Expr) => string;

function siteLine({ module, scheme, node, entry }: AttentionSite): string {
  const by = entry === null ? "" : `  # ${entry.origin.pointer}`;
  return `attention ${nameText(module)}: ${scheme} (${nameText(node)})${by}`;
}

function legend({ mesh }: ShardedGraph): readonly string[] {
  const { ulysses_degree: members } = mesh;
  const [ranks, batches] = [groupSize("sequence", mesh), groupSize("batch", mesh)];
  const held = "chunk(a, i): what rank i holds of a; start(a, i): where it begins";
  return [
    ...(batches === 1 ? [] : [`# {a}/batch: split over ${batches} batch groups of ${ranks} ranks`]),
    ...(ranks === 1 ? [] : [`# {a, b}: segments split over ${ranks} ranks; ${held}`]),
    ...(members === 1 ? [] : [`# first: the first rank of the own Ulysses group, ${members}*(rank // ${members})`]),
  ];
}

function stepLines(sharded: ShardedGraph, say: Say, step: ShardedStep): readonly string[] {
  if (step.kind === "collective") return collectiveLines(sharded, say, step);
  const { node, origin } = step;
  const operand = (name: string): string => {
    const value = sharded.integers.get(name);
    return value === undefined || value.elements.length > SHORT ? nameText(name) : integersText(value, say);
  };
  const types = eachOnce(node.outputs.map((name) => valueType(sharded, say, name)));
  const call = callText(node, together(node.inputs.map(operand)));
  return [`${namesText(node.outputs)} = ${call} -> ${types}${entryText(origin)}`];
}

function collectiveLines(sharded: ShardedGraph, say: Say, step: CollectiveStep): readonly string[] {
  const { name, collective, group, purpose, transfers, origin } = step;
  return [
    `${collective} over ${group} for ${purpose}: ${nameText(name)}${entryText(origin)}`,
    ...transfers.map(({ send, receive }) => {
      const types = eachOnce(receive.map((value) => valueType(sharded, say, value)));
      return `  ${namesText(receive)} <- ${namesText(send)} -> ${types}`;
    }),
  ];
}

function namesText(names: readonly string[]): string {
  return together(names.map(nameText)).join(", ");
}

/** Neighbours that the compiler has named after one value: `x::from0`, `x::from1` as `x::{from0, from1}`. */
function together(texts: readonly string[]): readonly string[] {
  const runs: { prefix: string | null; ends: string[] }[] = [];
  for (const text of texts) {
    const [, prefix = null, end = text] = /^([^"[]*::(?:[^"[]*[.:])?)([^"[.:]+)$/.exec(text) ?? [];
    const last = runs.at(-1);
    if (prefix !== null && last?.prefix === prefix) last.ends.push(end);
    else runs.push({ prefix, ends: [end] });
  }
  return runs.map(({ prefix, ends }) => `${prefix ?? ""}${ends.length === 1 ? ends[0] : `{${ends.join(", ")}}`}`);
}

/** The entry of the plan that requested a step. */
function entryText({ spec }: Origin): string {
  return spec === null ? "" : `  # ${spec.action} ${spec.origin.pointer}`;
}

function valueType({ shapes, layouts, localShapes }: ShardedGraph, say: Say, name: string): string {
  const layout = layouts.get(name);
  const shape: ValueShape | undefined = layout === undefined ? localShapes.get(name) : shapes.get(name);
  if (shape === undefined) return "-";
  const dims = shape.dims.map((dim, axis) => axisText(layout ?? [], axis) ?? shortly(say(dim)));
  return `${shape.elem} ${listText(dims)}`;
}

/**
 * `{txt, img}`, `2*{img}*4`, `{rows}/ring`, `{8}/ulysses by 2`, `{batch}/batch then chunk(batch, 2, rank)*{frames}`; `null` for a whole
 * axis.
 */
function axisText(layout: Layout, axis: number): string | null {
  const shards = layout.filter((s) => s.axis === axis);
  return shards.length === 0 ? null : shards.map(shardText).join(" then ");
}

function shardText(shard: AxisShard): string {
  const segments = `{${shard.segments.map((s) => extentText(s.length)).join(", ")}}`;
  const outer = equal(shard.outer, 1) ? "" : `${inProduct(shard.outer)}*`;
  const inner = equal(shard.inner, 1) ? "" : `*${inProduct(shard.inner)}`;
  return `${outer}${segments}${inner}${groupText(shard)}`;
}

function groupText({ over, unit, copies = 1 }: AxisShard): string {
  const dealt = `${unit === 1 ? "" : ` by ${unit}`}${copies === 1 ? "" : ` in ${copies} copies`}`;
  return over === "sequence" ? "" : `/${over}${dealt}`;
}

function inProduct(extent: Expr): string {
  return typeof extent === "object" && extent[0] !== "*" ? `(${extentText(extent)})` : extentText(extent);
}

function shortly(text: string): string {
  return text.length > LONGEST ? "..." : text;
}

/** Extents in the terms of the legend. */
function speaker({ mesh }: ShardedGraph): Say {
  const { ulysses_degree: members } = mesh;
  const first = members > 1 ? mul(members, floorDiv(RANK, members)) : null;
  const special = (part: Expr): string | null => {
    if (first !== null && equal(part, first)) return "first";
    return typeof part === "string" ? extentText(part) : null;
  };
  const cutOverRanks = (cut: Start, text: Say): string =>
    cut.axis === "sequence" ? cutText(cut.op, [text(cut.length), text(cut.index)]) : namedCut(cut, text);
  const say: Say = (e) => showWith(e, special, cutOverRanks);
  return say;
}
