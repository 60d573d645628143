/**
 * @file The inputs of lowering besides the sharded graph, and its result. Knows nothing of sessions or transports.
 */
import type { Diagnostic } from "../diagnostics/types.ts";
import type { Graph, Model, TensorData } from "../graph/types.ts";
import type { Program, ProgramModel } from "../../program/types.ts";

export interface LowerContext {
  readonly model: Model;
  /** The model's data files as the program states them. */
  readonly data: ProgramModel["data"];
  readonly options: Program["options"];
  /** Module patterns where user hooks may attach; `*` matches one path segment. */
  readonly hooks: readonly string[];
  /** Notes of earlier stages. */
  readonly notes: readonly Diagnostic[];
}

/** A run of bytes of the program's own weights file. */
export interface WeightBlock {
  readonly offset: number;
  readonly data: TensorData;
}

/** A program that is not on disk yet; its model's path is absolute. */
export interface LoweredProgram {
  readonly program: Program;
  /** Piece models by `ProgramPiece.file`. */
  readonly models: ReadonlyMap<string, Uint8Array>;
  /** The same as graphs, by `ProgramPiece.file`. */
  readonly graphs: ReadonlyMap<string, Graph>;
  /** Content of the program's own weights file, by ascending offset; empty if there is none. */
  readonly weights: readonly WeightBlock[];
}
