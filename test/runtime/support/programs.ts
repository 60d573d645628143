/**
 * @file The programs that the runtime's tests run: gather, Ulysses in both directions, rotating ring, user hooks.
 */
import { chunk } from "../../../compiler/expr/expr.ts";
import type { CompiledProgram, HookStep, PieceStep, ProgramHook } from "../../../program/types.ts";
import {
  chunkBounds,
  collectiveStep,
  graph,
  int,
  ints,
  names,
  node,
  pieceStep,
  range,
  record,
  value,
  writeProgram,
} from "./models.ts";
import type { PieceModel } from "./models.ts";

export const heads = 5;
export const size = 3;

interface Mesh {
  readonly batch_degree: number;
  readonly ring_degree: number;
  readonly ulysses_degree: number;
}

const count = ({ ring_degree: ring, ulysses_degree: ulysses }: Mesh): number => ring * ulysses;
export const lengths = [{ name: "s", sources: [{ input: "x", axis: 0 }] }];
export const input = { name: "x", elem: "float32", dims: ["s", heads, size] } as const;
export const output = { name: "y", elem: "float32", dims: ["s", heads, size] } as const;

/** `local = x[start:end]`, optionally passed through one more operator. */
export function slicePiece(op: "Identity" | "Neg"): PieceModel {
  const inputs = [value("x", ["s", heads, size]), value("start", [1], "int64"), value("end", [1], "int64")];
  const nodes = [node("Slice", ["x", "start", "end", "axes"], ["cut"]), node(op, ["cut"], ["local"])];
  return { id: "slice", graph: graph(inputs, [value("local", ["r", heads, size])], nodes, { axes: ints([0]) }) };
}

export function concatPiece(id: string, parts: number, axis: number, out: string): PieceModel {
  const blocks = names("p", parts);
  const inputs = blocks.map((name, i) => value(name, [`a${i}`, `b${i}`, size]));
  return {
    id,
    graph: graph(inputs, [value(out, ["a", "b", size])], [node("Concat", blocks, [out], { axis: int(axis) })]),
  };
}

export const sliceStep: PieceStep = pieceStep("slice", { x: "x", start: "start", end: "end" }, { local: "local" }, [
  "x",
]);

export function bounds(parts: number): CompiledProgram["program"]["derived"] {
  const { start, end } = chunkBounds("s", parts);
  return {
    start: { elem: "int64", dims: [1], elements: [start] },
    end: { elem: "int64", dims: [1], elements: [end] },
  };
}

/** Values for the inputs `p0`, `p1`, ... of a Concat piece. */
export const inputsOf = (parts: readonly string[]): Readonly<Record<string, string>> =>
  Object.fromEntries(parts.map((name, i) => [`p${i}`, name]));

const dims = (n: number) => [chunk("sequence", "s", n, "rank"), heads, size] as const;

/** y = -x: every rank negates its rows, then all are gathered. */
export function gatherProgram(mesh: Mesh): CompiledProgram {
  const n = count(mesh);
  const parts = names("part", n);
  const gather = collectiveStep({
    name: "gather",
    collective: "all-gather",
    group: "sequence",
    transfers: [{ send: ["local"], receive: parts, elem: "float32", dims: dims(n) }],
    frees: ["local"],
  });
  return writeProgram(
    {
      mesh,
      inputs: [input],
      outputs: [output],
      lengths,
      derived: bounds(n),
      minimums: [{ length: "s", at_least: n, name: "x axis 0", span: null }],
      steps: [sliceStep, gather, pieceStep("join", inputsOf(parts), { y: "y" }, parts)],
    },
    [slicePiece("Neg"), concatPiece("join", n, 0, "y")],
  );
}

/** Running sum of x over the rows: whole rows of some heads by all-to-all, summed, and back. */
export function ulyssesProgram(ulysses: number): CompiledProgram {
  const mesh = { batch_degree: 1, ring_degree: 1, ulysses_degree: ulysses };
  const [toHeads, fromRows, toRows, fromHeads] = ["toHeads", "fromRows", "toRows", "fromHeads"].map((name) =>
    names(name, ulysses),
  );
  const parts = names("part", ulysses);
  const sizes = (length: string | number) => ({
    elem: "int64" as const,
    dims: [ulysses],
    elements: range(ulysses).map((i) => chunk("ulysses", length, ulysses, i)),
  });
  const split = (id: string, axis: number, blocks: readonly string[], before: "Identity" | "CumSum"): PieceModel => {
    const inputs = [value("x", ["a", "b", size]), value("sizes", [ulysses], "int64")];
    const first = before === "Identity" ? node("Identity", ["x"], ["t"]) : node("CumSum", ["x", "zero"], ["t"]);
    const nodes = [first, node("Split", ["t", "sizes"], blocks, { axis: int(axis) })];
    const outputs = blocks.map((name, i) => value(name, [`c${i}`, `d${i}`, size]));
    const constants = before === "Identity" ? {} : { zero: { ...ints([0]), dims: [] } };
    return { id, graph: graph(inputs, outputs, nodes, constants) };
  };
  return writeProgram(
    {
      mesh,
      inputs: [input],
      outputs: [output],
      lengths,
      derived: { ...bounds(ulysses), heads: sizes(heads), rows: sizes("s") },
      hooks: [
        {
          id: 0,
          module: "block",
          phase: "attention",
          order: 0,
          action: "ulysses",
          reads: ["local"],
          writes: ["back"],
          origin: null,
        },
      ],
      steps: [
        sliceStep,
        pieceStep("by_head", { x: "local", sizes: "heads" }, record(toHeads!), ["local"]),
        collectiveStep({
          name: "in",
          collective: "all-to-all",
          group: "ulysses",
          purpose: "ulysses in",
          hook: 0,
          transfers: [
            {
              send: toHeads!,
              receive: fromRows!,
              elem: "float32",
              dims: [chunk("sequence", "s", ulysses, "rank"), chunk("ulysses", heads, ulysses, "peer"), size],
            },
          ],
          frees: toHeads!,
        }),
        pieceStep("rows", inputsOf(fromRows!), { t: "whole" }, fromRows),
        pieceStep("by_row", { x: "whole", sizes: "rows" }, record(toRows!), ["whole"]),
        collectiveStep({
          name: "out",
          collective: "all-to-all",
          group: "ulysses",
          purpose: "ulysses out",
          hook: 0,
          transfers: [
            {
              send: toRows!,
              receive: fromHeads!,
              elem: "float32",
              dims: [chunk("sequence", "s", ulysses, "peer"), chunk("ulysses", heads, ulysses, "rank"), size],
            },
          ],
          frees: toRows!,
        }),
        pieceStep("cols", inputsOf(fromHeads!), { t: "back" }, fromHeads),
        collectiveStep({
          name: "gather",
          collective: "all-gather",
          group: "sequence",
          transfers: [{ send: ["back"], receive: parts, elem: "float32", dims: dims(ulysses) }],
          frees: ["back"],
        }),
        pieceStep("rows", inputsOf(parts), { t: "y" }, parts),
      ],
    },
    [
      slicePiece("Identity"),
      split("by_head", 1, toHeads!, "Identity"),
      split("by_row", 0, toRows!, "CumSum"),
      concatPiece("rows", ulysses, 0, "t"),
      concatPiece("cols", ulysses, 1, "t"),
    ],
  );
}

/** Sum of x over the rows: each rank sums its own, and the partial sums go round the ring until all have met. */
export function ringProgram(ring: number): CompiledProgram {
  const block = ["h", size] as const;
  const reduce = graph(
    [value("x", ["a", heads, size])],
    [value("t", [...block])],
    [node("ReduceSum", ["x", "axes"], ["t"], { keepdims: int(0) })],
    { axes: ints([0]) },
  );
  const add = graph(
    [value("a", [...block]), value("b", [...block])],
    [value("t", [...block])],
    [node("Add", ["a", "b"], ["t"])],
  );
  const turns = range(ring - 1).flatMap((i) => [
    collectiveStep({
      name: `turn${i}`,
      collective: "shift",
      group: "ring",
      purpose: "ring",
      transfers: [{ send: [`k${i}`], receive: [`k${i + 1}`], elem: "float32", dims: [heads, size] }],
      frees: [`k${i}`],
    }),
    pieceStep("add", { a: `sum${i}`, b: `k${i + 1}` }, { t: `sum${i + 1}` }, [
      `sum${i}`,
      ...(i === ring - 2 ? [`k${i + 1}`] : []),
    ]),
  ]);
  return writeProgram(
    {
      mesh: { batch_degree: 1, ring_degree: ring, ulysses_degree: 1 },
      inputs: [input],
      outputs: [{ name: `sum${ring - 1}`, elem: "float32", dims: [heads, size] }],
      lengths,
      derived: bounds(ring),
      steps: [
        sliceStep,
        pieceStep("sum", { x: "local" }, { t: "k0" }),
        pieceStep("sum", { x: "local" }, { t: "sum0" }, ["local", ...(ring === 1 ? ["k0"] : [])]),
        ...turns,
      ],
    },
    [slicePiece("Identity"), { id: "sum", graph: reduce }, { id: "add", graph: add }],
  );
}

/** A point for the caller's handlers after `local`, which a plan of this name asks for. */
export function hookIn(file: string): ProgramHook {
  const span = { file, start: { line: 3, column: 5, offset: 40 }, end: { line: 3, column: 17, offset: 52 } };
  return {
    id: 0,
    module: "block",
    phase: "post_forward",
    order: 0,
    action: "user",
    reads: ["local"],
    writes: ["seen"],
    origin: { pointer: "/hooks/0", span },
  };
}

export const hookStep: HookStep = {
  kind: "hook",
  hook: 0,
  module: "block",
  phase: "post_forward",
  value: "local",
  result: "seen",
  layout: "axis 0 = [s]",
  frees: ["local"],
};

/** The gather program with a point for hooks between its two pieces. */
export function hookProgram(mesh: Mesh): CompiledProgram {
  const { program, ...rest } = gatherProgram(mesh);
  const [slice, gather, join] = program.steps;
  const steps = [slice!, hookStep, JSON.parse(JSON.stringify(gather).replaceAll('"local"', '"seen"')), join!];
  return { ...rest, program: { ...program, hooks: [hookIn("flux.plan.json")], steps } };
}

export function feed(
  rows: number,
  from = 0,
): { readonly x: { type: string; dims: readonly number[]; data: Float32Array } } {
  const data = Float32Array.from({ length: rows * heads * size }, (_, i) => from + i);
  return { x: { type: "float32", dims: [rows, heads, size], data } };
}

/** Running sum over the rows. */
export function runningSum(rows: number, from = 0): Float32Array {
  const { data } = feed(rows, from).x;
  const width = heads * size;
  return data.map((_, i) =>
    range(Math.floor(i / width) + 1).reduce((sum, row) => sum + data[row * width + (i % width)]!, 0),
  );
}
