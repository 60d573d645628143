/**
 * @file Emits piece bodies as models; equal bodies of attention sites become one. Knows nothing of the order of steps.
 */
import { createHash } from "node:crypto";
import { emitModel } from "../../emit/emit.ts";
import type { EmitRequest, EmittedModel } from "../../emit/emit.ts";
import { asCp } from "../../ir/cp.ts";
import type { ValueShape } from "../../ir/types.ts";
import { invariant } from "../../diagnostics/diagnose.ts";
import type { Expr } from "../../expr/expr.ts";
import type { Dim, Graph } from "../../graph/types.ts";
import type { PieceStep, ProgramIntegers, ProgramPiece } from "../../../program/types.ts";
import type { PieceBody } from "../schedule/arrange.ts";
import { isOperand, readsOf } from "../flow.ts";
import type { Flow } from "../flow.ts";
import { namedBody } from "./piece-names.ts";
import type { NamedBody } from "./piece-names.ts";
import type { WeightStore } from "../weights/weights.ts";

export interface PieceContext {
  readonly flow: Flow;
  readonly opsets: EmitRequest["opsets"];
  readonly weights: WeightStore;
}

export interface Pieces {
  readonly pieces: readonly ProgramPiece[];
  readonly models: ReadonlyMap<string, Uint8Array>;
  readonly graphs: ReadonlyMap<string, Graph>;
  readonly derived: Readonly<Record<string, ProgramIntegers>>;
  /** How each body is run. */
  readonly runs: ReadonlyMap<PieceBody, Pick<PieceStep, "piece" | "inputs" | "outputs">>;
}

export function emitPieces(context: PieceContext, bodies: readonly PieceBody[]): Pieces {
  const pieces: ProgramPiece[] = [];
  const models = new Map<string, Uint8Array>();
  const graphs = new Map<string, Graph>();
  const derived = new Map<string, ProgramIntegers>();
  const runs = new Map<PieceBody, Pick<PieceStep, "piece" | "inputs" | "outputs">>();
  const known = new Map<string, ProgramPiece>();
  for (const body of bodies) {
    const named = namedBody(body, (name) => isOperand(context.flow, name));
    const { emitted, home } = emitBody(context, body, named);
    const key = createHash("sha256").update(emitted.bytes).digest("hex");
    let piece = known.get(key);
    if (piece === undefined) {
      piece = pieceOf(body, named, emitted, home, pieces);
      pieces.push(piece);
      known.set(key, piece);
      models.set(piece.file, emitted.bytes);
      graphs.set(piece.file, emitted.graph);
    }
    const integers = integersOf(body, named, emitted);
    for (const name of integers) derived.set(name, derivedOf(context.flow, name));
    runs.set(body, { piece: piece.id, ...bindings(body, named, integers) });
  }
  return { pieces, models, graphs, derived: Object.fromEntries(derived), runs };
}

function emitBody(
  { flow, opsets, weights }: PieceContext,
  body: PieceBody,
  { nodes, nameOf }: NamedBody,
): { readonly emitted: EmittedModel; readonly home: ProgramPiece["weights"] } {
  const renamed = <T>(all: ReadonlyMap<string, T>, names: readonly string[]): ReadonlyMap<string, T> =>
    new Map(names.flatMap((name) => (all.has(name) ? [[nameOf(name), all.get(name)!] as const] : [])));
  const shapeOf = (name: string): ValueShape => {
    const shape = flow.localShapes.get(name);
    invariant(shape !== undefined, `no shape for the value ${name}`);
    return shape;
  };
  const operands = [...new Set(body.steps.flatMap(readsOf))].filter((name) => isOperand(flow, name));
  const { constants, home } = weights.place(renamed(flow.constants, operands));
  const dimName = dimNames();
  // The local chunk has as many keys as queries, a received one may not: with separate symbols, all parts of a ring are one piece.
  const apart = body.steps.some(({ node }) => asCp(node, "AttentionPart") !== null);
  const emitted = emitModel({
    name: body.site === null ? "local" : "attention",
    nodes,
    inputs: body.reads.map((name) => {
      const { elem, dims } = shapeOf(name);
      return { name: nameOf(name), elem, dims: dims.map((dim) => dimName(dim, apart ? nameOf(name) : "")) };
    }),
    outputs: body.writes.map((name) => ({ name: nameOf(name), elem: shapeOf(name).elem })),
    constants,
    integers: renamed(flow.integers, operands),
    shapes: renamed(flow.localShapes, [...body.reads, ...body.steps.flatMap(({ node }) => node.outputs), ...operands]),
    opsets,
  });
  return { emitted, home };
}

/** Equal extents of one owner get equal symbols, so that onnxruntime can reuse buffers; the symbols are local to the piece. */
function dimNames(): (dim: Expr, owner: string) => Dim {
  const names = new Map<string, string>();
  return (dim, owner) => {
    if (typeof dim === "number") return dim;
    const key = JSON.stringify([owner, dim]);
    const name = names.get(key) ?? `d${names.size}`;
    names.set(key, name);
    return name;
  };
}

function pieceOf(
  body: PieceBody,
  { nameOf }: NamedBody,
  { integerInputs }: EmittedModel,
  weights: ProgramPiece["weights"],
  earlier: readonly ProgramPiece[],
): ProgramPiece {
  const kind = body.site === null ? "local" : "attention";
  const id = `${kind}${earlier.filter((piece) => piece.kind === kind).length}`;
  return {
    id,
    kind,
    file: `pieces/${id}.onnx`,
    inputs: [...body.reads.map(nameOf), ...integerInputs],
    outputs: body.writes.map(nameOf),
    weights,
  };
}

/** The integers that a body reads as inputs of its piece. */
function integersOf(body: PieceBody, { nameOf }: NamedBody, { integerInputs }: EmittedModel): readonly string[] {
  const inside = new Set(integerInputs);
  return [...new Set(body.steps.flatMap(readsOf))].filter((name) => inside.has(nameOf(name)));
}

function derivedOf({ integers }: Flow, name: string): ProgramIntegers {
  const value = integers.get(name);
  invariant(value !== undefined, `the piece input ${name} is no integer`);
  return { elem: value.elem, dims: value.dims, elements: value.elements };
}

function bindings(
  { reads, writes }: PieceBody,
  { nameOf }: NamedBody,
  integers: readonly string[],
): Pick<PieceStep, "inputs" | "outputs"> {
  const bind = (names: readonly string[]): Readonly<Record<string, string>> =>
    Object.fromEntries(names.map((name) => [nameOf(name), name]));
  return { inputs: bind([...reads, ...integers]), outputs: bind(writes) };
}
