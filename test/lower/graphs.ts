/**
 * @file Hand-made sharded graphs of the lowering tests: split and gather around a MatMul, and a stack of attention sites.
 */
import { add, chunk, start } from "../../compiler/expr/expr.ts";
import type { Expr } from "../../compiler/expr/expr.ts";
import { float, int } from "../../compiler/graph/attributes.ts";
import type { Layout, Minimum, ShardedGraph, Transfer } from "../../compiler/shard/types.ts";
import { builder, spec, split, weight } from "./build.ts";
import type { Builder, More } from "./build.ts";

const axis = (value: number): More => ({ attributes: { axis: int(value) } });
const range = (count: number): readonly number[] => Array.from({ length: count }, (_, i) => i);

/** Takes the rank's rows of a whole value. */
function splitRows(b: Builder, name: string, at: number, dims: readonly Expr[], ranks: number, more: More): string {
  const length = dims[at]!;
  const begin = start("sequence", length, ranks, "rank");
  const operands = [
    name,
    b.ints(`${name}::start`, [begin]),
    b.ints(`${name}::end`, [add(begin, chunk("sequence", length, ranks, "rank"))]),
    b.ints(`${name}::axes`, [at]),
  ];
  return b.local("Slice", operands, [[`${name}::local`, dims, [split(at, length)]]], more)[0]!;
}

/** Makes a split value whole under the name `out`. */
function gatherRows(
  b: Builder,
  name: string,
  out: string,
  at: number,
  dims: readonly Expr[],
  ranks: number,
  more: More,
): string {
  const length = dims[at]!;
  const withRows = (rows: Expr): readonly Expr[] => dims.map((dim, i) => (i === at ? rows : dim));
  const receive = range(ranks).map((r) => b.shape(`${name}::from${r}`, withRows(chunk("sequence", length, ranks, r))));
  b.collective(
    {
      collective: "all-gather",
      group: "sequence",
      purpose: "gather",
      transfers: [{ send: [name], receive, elem: "float32", dims: withRows(chunk("sequence", length, ranks, "rank")) }],
    },
    more,
  );
  return b.local("Concat", receive, [[out, dims, []]], { ...more, ...axis(at) })[0]!;
}

/** y = relu(x) W, x split along its rows, y gathered. */
export function splitMatMulGather(ranks: number): ShardedGraph {
  const b = builder();
  b.input("x", ["img", 4]);
  const layout: Layout = [split(0, "img")];
  const local = splitRows(b, "x", 0, ["img", 4], ranks, { spec: spec("split", "x", 0) });
  const [relu] = b.local("Relu", [local], [["relu", ["img", 4], layout]], { module: "body" });
  b.constant("W", weight([4, 3], 1));
  const [product] = b.local("MatMul", [relu!, "W"], [["product", ["img", 3], layout]], { module: "body" });
  const out = gatherRows(b, product!, "y", 0, ["img", 3], ranks, { module: "body", spec: spec("gather", "body", 0) });
  const minimums = minimumsOf("img", 0, ranks);
  return b.build({ mesh: { batch_degree: 1, ring_degree: 1, ulysses_degree: ranks }, minimums }, [out]);
}

/** What the split of an axis of x needs. */
function minimumsOf(extent: string, axis: number, ranks: number): readonly Minimum[] {
  const origin = { module: "", node: null, spec: spec("split", "x", axis) };
  return ranks === 1 ? [] : [{ extent, atLeast: ranks, name: `x axis ${axis}`, slice: "x::local", origin }];
}

interface Stack {
  readonly ranks: number;
  readonly heads: number;
  readonly sites: number;
}

const SIZE = 2;

/** x + projections of attention, `sites` times, each under Ulysses; x is (1, S, heads * 2). */
export function attentionStack({ ranks, heads, sites }: Stack): ShardedGraph {
  const b = builder();
  const width = heads * SIZE;
  const dims = [1, "S", width];
  b.input("x", dims);
  let x = splitRows(b, "x", 1, dims, ranks, { spec: spec("split", "x", 1) });
  for (const i of range(sites)) x = block(b, { ranks, heads, sites }, x, i);
  const out = gatherRows(b, x, "y", 1, dims, ranks, {
    module: `blocks.${sites - 1}`,
    spec: spec("gather", "blocks", 1),
  });
  const attention = range(sites).map((i) => ({
    node: `attention ${i}`,
    module: `blocks.${i}.attn`,
    scheme: "ulysses" as const,
    entry: null,
  }));
  const minimums = minimumsOf("S", 1, ranks);
  return b.build({ mesh: { batch_degree: 1, ring_degree: 1, ulysses_degree: ranks }, attention, minimums }, [out]);
}

function block(b: Builder, stack: Stack, x: string, i: number): string {
  const width = stack.heads * SIZE;
  const layout: Layout = [split(1, "S")];
  const attn: More = { module: `blocks.${i}.attn` };
  const project = (from: string, to: string, more: More): string => {
    const w = b.constant(`${to}.weight`, weight([width, width], to.length + i * 7 + to.charCodeAt(to.length - 1)));
    return b.local("MatMul", [from, w], [[to, [1, "S", width], layout]], more)[0]!;
  };
  const shape = b.ints(`heads ${i}`, [0, 0, stack.heads, SIZE]);
  const [q, k, v] = ["q", "k", "v"].map((letter) => {
    const flat = project(x, `blocks.${i}.${letter}`, attn);
    return b.local("Reshape", [flat, shape], [[`${flat}.4d`, [1, "S", stack.heads, SIZE], layout]], attn)[0]!;
  });
  const out = ulysses(b, stack, [q!, k!, v!], i);
  const back = b.ints(`flat ${i}`, [0, 0, width]);
  const [flat] = b.local("Reshape", [out, back], [[`blocks.${i}.flat`, [1, "S", width], layout]], attn);
  const projected = project(flat!, `blocks.${i}.o`, attn);
  return b.local("Add", [x, projected], [[`blocks.${i}.sum`, [1, "S", width], layout]], { module: `blocks.${i}` })[0]!;
}

function ulysses(b: Builder, { ranks, heads }: Stack, qkv: readonly string[], i: number): string {
  const site: More = { module: `blocks.${i}.attn`, site: `attention ${i}` };
  const headsOf = (rank: Expr): Expr => chunk("ulysses", heads, ranks, rank);
  const rowsOf = (rank: Expr): Expr => chunk("sequence", "S", ranks, rank);
  const sizes = b.ints(`head blocks ${i}`, range(ranks).map(headsOf));
  const transfers = qkv.map((name): Transfer => {
    const send = range(ranks).map((to): readonly [string, readonly Expr[]] => [
      `${name}::to${to}`,
      [1, rowsOf("rank"), headsOf(to), SIZE],
    ]);
    b.local("Split", [name, sizes], send, { ...site, ...axis(2) });
    const receive = range(ranks).map((r) => b.shape(`${name}::from${r}`, [1, rowsOf(r), headsOf("rank"), SIZE]));
    return {
      send: send.map(([name]) => name),
      receive,
      elem: "float32",
      dims: [1, rowsOf("rank"), headsOf("peer"), SIZE],
    };
  });
  b.collective({ collective: "all-to-all", group: "ulysses", purpose: "ulysses in", transfers }, site);
  const inside: Layout = [{ ...split(2, heads), over: "ulysses" }];
  const [q, k, v] = transfers.map(({ receive }, t) => {
    const name = `${qkv[t]!}::heads`;
    return b.local("Concat", receive, [[name, [1, "S", heads, SIZE], inside]], { ...site, ...axis(1) })[0]!;
  });
  const [out] = b.local("Attention", [q!, k!, v!], [[`attention ${i}::out`, [1, "S", heads, SIZE], inside]], {
    ...site,
    domain: "cp",
    attributes: { scale: float(0.5) },
  });
  return ulyssesOut(b, { ranks, heads }, out!, i, site);
}

function ulyssesOut(b: Builder, { ranks, heads }: Omit<Stack, "sites">, out: string, i: number, site: More): string {
  const rows = b.ints(
    `row blocks ${i}`,
    range(ranks).map((r) => chunk("sequence", "S", ranks, r)),
  );
  const block = (rank: Expr, to: Expr): readonly Expr[] => [
    1,
    chunk("sequence", "S", ranks, to),
    chunk("ulysses", heads, ranks, rank),
    SIZE,
  ];
  const send = range(ranks).map((to): readonly [string, readonly Expr[]] => [`${out}::to${to}`, block("rank", to)]);
  b.local("Split", [out, rows], send, { ...site, ...axis(1) });
  const receive = range(ranks).map((r) => b.shape(`${out}::from${r}`, block(r, "rank")));
  const transfer = { send: send.map(([name]) => name), receive, elem: "float32" as const, dims: block("rank", "peer") };
  b.collective({ collective: "all-to-all", group: "ulysses", purpose: "ulysses out", transfers: [transfer] }, site);
  return b.local("Concat", receive, [[`attention ${i}`, [1, "S", heads, SIZE], [split(1, "S")]]], {
    ...site,
    ...axis(2),
  })[0]!;
}
