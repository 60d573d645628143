/**
 * @file The compiled artefact as plain JSON next to piece models: hook registrations, steps, pieces, lengths, equations. The runtime knows
 * the compiler by this type only.
 */
import type { Diagnostic, Span } from "../compiler/diagnostics/types.ts";
import type { Expr } from "../compiler/expr/types.ts";
import type { Group, Mesh } from "./mesh.ts";

export const PROGRAM_FORMAT = "onnx-context-parallel";
export const PROGRAM_VERSION = "3.0";

export interface ProgramTensor {
  readonly name: string;
  /** onnxruntime's element type: `float32`, `int64`, `bool`, ... */
  readonly elem: string;
  /** Expressions in lengths; a number is fixed. */
  readonly dims: readonly Expr[];
}

/** A length, read from the first of its feed axes; the others must carry the same number. One with a count has no axis. */
export interface ProgramLength {
  readonly name: string;
  readonly sources: readonly { readonly input: string; readonly axis: number }[];
  readonly count?: ProgramCount;
}

/**
 * The elements x of a feed at places `from` to `to`, exclusive, in row-major order, for which `x compare than` holds. A NaN differs from every
 * number, and compares with none.
 */
export interface ProgramCount {
  readonly input: string;
  /** Expressions in lengths that axes carry. */
  readonly from: Expr;
  readonly to: Expr;
  readonly compare: "!=" | "<" | "<=" | ">" | ">=";
  readonly than: number;
}

export interface ProgramEquation {
  readonly left: Expr;
  readonly right: Expr;
  readonly left_name: string;
  readonly right_name: string;
  readonly module: string;
  readonly span: Span | null;
}

/** A small int tensor that a rank computes from lengths and `rank` before the first step. */
export interface ProgramIntegers {
  readonly elem: "int64" | "int32";
  readonly dims: readonly number[];
  readonly elements: readonly Expr[];
}

export interface ProgramPiece {
  readonly id: string;
  /** `attention`: what a site computes between its collectives. It holds no weights, and several sites may share it. */
  readonly kind: "local" | "attention";
  /** Relative to the program's folder, forward slashes. */
  readonly file: string;
  /** Names inside the piece model. */
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  /** Folder of the external data that the piece reads: `model` is the model's folder, `program` the program's, `null` none. */
  readonly weights: "model" | "program" | null;
}

export type HookPhase = "pre_forward" | "post_forward" | "attention";

export interface ProgramHook {
  readonly id: number;
  readonly module: string;
  readonly phase: HookPhase;
  /** Order among all hooks: position in the program. */
  readonly order: number;
  /** `split`, `gather`, `align`, `user`; in the phase `attention` a scheme: `gather`, `ulysses`, `ring`, `unified`, `merge`, `local`. */
  readonly action: string;
  readonly reads: readonly string[];
  readonly writes: readonly string[];
  /** Pointer and span of the plan entry, `null` where no entry requested it. */
  readonly origin: { readonly pointer: string; readonly span: Span | null } | null;
}

/** Run one piece: names inside the piece to values of the program. */
export interface PieceStep {
  readonly kind: "piece";
  readonly piece: string;
  readonly inputs: Readonly<Record<string, string>>;
  readonly outputs: Readonly<Record<string, string>>;
  readonly module: string;
  /** Values that no later step reads. */
  readonly frees: readonly string[];
}

export interface ProgramTransfer {
  readonly send: readonly string[];
  readonly receive: readonly string[];
  readonly elem: string;
  /** Extents of the block that flat rank `rank` sends to flat rank `peer`. */
  readonly dims: readonly Expr[];
}

/** A collective, carried out inside a group; semantics of `send` and `receive` by `collective`, see compiler/shard/types.ts. */
export interface CollectiveStep {
  readonly kind: "collective";
  readonly name: string;
  readonly collective: "all-to-all" | "all-gather" | "shift";
  readonly group: Group;
  readonly transfers: readonly ProgramTransfer[];
  readonly purpose: string;
  readonly module: string;
  readonly hook: number | null;
  readonly frees: readonly string[];
}

/** A point where user hooks of a module may read or replace a rank's local value. */
export interface HookStep {
  readonly kind: "hook";
  readonly hook: number;
  readonly module: string;
  readonly phase: "pre_forward" | "post_forward";
  /** Value read, and the value that later steps read. */
  readonly value: string;
  readonly result: string;
  readonly layout: string;
  readonly frees: readonly string[];
}

export type ProgramStep = PieceStep | CollectiveStep | HookStep;

export interface ProgramModel {
  /** Relative to the program's folder if the model is inside that folder's parent, else absolute. */
  readonly path: string;
  readonly sha256: string;
  readonly data: readonly { readonly file: string; readonly size: number; readonly hash: string }[];
}

/** A step that runs a piece, and the values that it reads, as a rank holds them: enough to run the piece alone. */
export interface ProgramProbe {
  readonly step: number;
  readonly reads: readonly ProgramTensor[];
}

/** A piece by which a device is compared with the CPU. */
export interface ProgramTrial extends ProgramProbe {
  /** The element types of all values in the piece: its results round by the weakest. */
  readonly elems: readonly string[];
}

export interface Program {
  readonly format: typeof PROGRAM_FORMAT;
  readonly version: string;
  readonly mesh: Mesh;
  readonly options: { readonly rotate_method: "allgather" | "alltoall"; readonly convert_to_fp32: boolean };
  readonly model: ProgramModel;
  readonly inputs: readonly ProgramTensor[];
  readonly outputs: readonly ProgramTensor[];
  readonly lengths: readonly ProgramLength[];
  /** Integer inputs of pieces by value name. */
  readonly derived: Readonly<Record<string, ProgramIntegers>>;
  readonly equations: readonly ProgramEquation[];
  /** Minimum lengths for a split: one row for every rank that it is over. */
  readonly minimums: readonly {
    readonly length: Expr;
    readonly at_least: number;
    readonly name: string;
    readonly span: Span | null;
  }[];
  readonly hooks: readonly ProgramHook[];
  readonly steps: readonly ProgramStep[];
  readonly pieces: readonly ProgramPiece[];
  /** What `shares: "auto"` measures ranks with. */
  readonly probe: ProgramProbe | null;
  readonly trials: readonly ProgramTrial[];
  readonly notes: readonly Diagnostic[];
}

/** The program's own files, by their names relative to its folder: size in bytes, and sha256 (hex) of the whole file. */
export type ProgramFiles = Readonly<Record<string, { readonly size: number; readonly sha256: string }>>;

/** The file of the program's own weights, relative to its folder. */
export const WEIGHTS_FILE = "weights.bin";

/** Folder of a copy of the model, relative to the program's folder; the copy has the layout of the model's own folder. */
export const MODEL_FOLDER = "model";

/** A program together with the folder that holds its piece models. */
export interface CompiledProgram {
  /** Absolute folder of `program.json` and the pieces. */
  readonly folder: string;
  /** True if the folder is temporary and is removed when the session that owns it is released. */
  readonly temporary: boolean;
  readonly program: Program;
  /** The required identity of the folder's files when the program is attached. */
  readonly files: ProgramFiles;
}
