/**
 * @file Extents of all values inside a piece, for each execution by a rank. Blocks of a transformer and ranks with equal chunks repeat, so
 * equal executions are computed once. Knows no memory and no time.
 */
import { evaluate, RANK } from "../compiler/expr/expr.ts";
import { tensorFromNumbers } from "../compiler/graph/tensors.ts";
import type { Graph, Tensor } from "../compiler/graph/types.ts";
import type { Lengths } from "../program/lengths.ts";
import { equalCut } from "../program/shares.ts";
import type { PieceStep, Program } from "../program/types.ts";
import { shapesIn } from "./sizes.ts";
import type { Shapes, TensorShape } from "./sizes.ts";
import type { Work } from "./work.ts";

/** The integer inputs of pieces, by value of the program. */
export type Integers = ReadonlyMap<string, Tensor>;

export interface Execution {
  readonly graph: Graph;
  /** Constants and integer inputs, from which extents inside branches follow. */
  readonly integers: Integers;
  /** Of every value inside, as far as it is known. */
  readonly shapes: Shapes;
  /** By name inside the piece. */
  readonly outputs: Shapes;
  /** What is known of its memory, by the results that lie elsewhere. */
  readonly works: Map<string, Work>;
}

type ShapeOf = (value: string) => TensorShape | undefined;
export type ExecutionOf = (step: PieceStep, shapeOf: ShapeOf, integers: Integers) => Execution | null;

/** `graphs` are the pieces by `ProgramPiece.file`. Equal executions are one object; `null` for a piece without a graph. */
export function executor({ pieces }: Program, graphs: ReadonlyMap<string, Graph>): ExecutionOf {
  const files = new Map(pieces.map(({ id, file }) => [id, file]));
  const known = new Map<string, Execution>();
  return ({ piece, inputs }, shapeOf, integers) => {
    const graph = graphs.get(files.get(piece) ?? "");
    if (graph === undefined) return null;
    const shapes = new Map<string, TensorShape>();
    const numbers = new Map<string, Tensor>();
    for (const [inside, value] of Object.entries(inputs)) {
      const integer = integers.get(value);
      const shape = shapeOf(value);
      if (integer !== undefined) numbers.set(inside, integer);
      else if (shape !== undefined) shapes.set(inside, shape);
    }
    const key = keyOf(piece, shapes, numbers);
    const execution = known.get(key) ?? execute(graph, shapes, numbers);
    known.set(key, execution);
    return execution;
  };
}

/** The integer inputs of a rank. */
export function integersOf({ derived }: Program, lengths: Lengths, rank: number): Integers {
  const names = { ...lengths, [RANK]: rank };
  const entries = Object.entries(derived).map(([name, { elem, dims, elements }]) => {
    const numbers = elements.map((element) => evaluate(element, names, equalCut));
    return [name, tensorFromNumbers(elem, dims, numbers)] as const;
  });
  return new Map(entries);
}

function execute(graph: Graph, shapes: Shapes, integers: Integers): Execution {
  const all = shapesIn(graph, shapes, integers);
  const outputs = graph.outputs.flatMap(({ name }) => (all.has(name) ? [[name, all.get(name)!] as const] : []));
  const known = new Map([...graph.constants, ...integers]);
  return { graph, integers: known, shapes: all, outputs: new Map(outputs), works: new Map() };
}

function keyOf(piece: string, shapes: Shapes, integers: Integers): string {
  const numbers = [...integers].map(([name, { data }]) => [name, data.kind === "inline" ? [...data.bytes] : []]);
  return JSON.stringify([piece, [...shapes], numbers]);
}
