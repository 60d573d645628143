/**
 * @file Tiny piece models and the programs around them, written by hand for any mesh. Each program comes with a function for the unsplit
 * result.
 */
import { add, start } from "../../../compiler/expr/expr.ts";
import { createHash } from "node:crypto";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll } from "vitest";
import type { Expr } from "../../../compiler/expr/expr.ts";
import { tensorFromInts } from "../../../compiler/graph/tensors.ts";
import type { Attributes, Dim, ElemType, Graph, GraphValue, Node, Tensor } from "../../../compiler/graph/types.ts";
import { writeModel } from "../../../compiler/graph/write.ts";
import { PROGRAM_FORMAT, PROGRAM_VERSION } from "../../../program/types.ts";
import { identifyOwn, sealedText } from "../../../program/seal.ts";
import type { CompiledProgram, CollectiveStep, PieceStep, Program } from "../../../program/types.ts";

export interface PieceModel {
  readonly id: string;
  readonly graph: Graph;
}

export type Draft = Partial<Omit<Program, "mesh" | "steps" | "pieces">> & Pick<Program, "mesh" | "steps">;

export function value(name: string, dims: readonly Dim[], elem: ElemType = "float32"): GraphValue {
  return { name, type: { elem, dims } };
}

export function node(
  op: string,
  inputs: readonly string[],
  outputs: readonly string[],
  attributes: Attributes = {},
): Node {
  return { name: `make_${outputs[0]}`, op, domain: "", inputs, outputs, attributes, metadata: {} };
}

export function int(value: number): Attributes[string] {
  return { kind: "int", value };
}

export function graph(
  inputs: readonly GraphValue[],
  outputs: readonly GraphValue[],
  nodes: readonly Node[],
  constants: Readonly<Record<string, Tensor>> = {},
): Graph {
  return { name: "piece", inputs, outputs, nodes, constants: new Map(Object.entries(constants)), types: new Map() };
}

export const ints = tensorFromInts;

export function pieceStep(
  piece: string,
  inputs: Readonly<Record<string, string>>,
  outputs: Readonly<Record<string, string>>,
  frees: readonly string[] = [],
): PieceStep {
  return { kind: "piece", piece, inputs, outputs, module: "block", frees };
}

export function collectiveStep(
  step: Pick<CollectiveStep, "name" | "collective" | "group" | "transfers"> & Partial<CollectiveStep>,
): CollectiveStep {
  return { kind: "collective", purpose: "gather", module: "block", hook: null, frees: [], ...step };
}

export const names = (prefix: string, count: number): readonly string[] =>
  Array.from({ length: count }, (_, i) => `${prefix}${i}`);

export const record = (keys: readonly string[]): Readonly<Record<string, string>> =>
  Object.fromEntries(keys.map((key) => [key, key]));

export const range = (length: number): readonly number[] => Array.from({ length }, (_, i) => i);

/** Where the chunk of `rank` begins and ends. */
export function chunkBounds(length: Expr, parts: number): { readonly start: Expr; readonly end: Expr } {
  return {
    start: start("sequence", length, parts, "rank"),
    end: start("sequence", length, parts, add("rank", 1)),
  };
}

const folders: string[] = [];
afterAll(() => folders.forEach((folder) => rmSync(folder, { recursive: true, force: true })));

/** A new folder that goes when the test file has run. */
export function newFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "cp-runtime-"));
  folders.push(folder);
  return folder;
}

/** Writes the piece models, a stand-in for the model, and `program.json` into a new folder. */
export function writeProgram(draft: Draft, models: readonly PieceModel[]): CompiledProgram {
  const root = newFolder();
  const folder = join(root, "program");
  mkdirSync(folder);
  for (const { id, graph } of models) {
    writeFileSync(join(folder, `${id}.onnx`), writeModel(graph, { opsets: { "": 18 } }));
  }
  writeFileSync(join(root, "model.onnx"), "the unsplit model");
  const sha256 = createHash("sha256").update("the unsplit model").digest("hex");
  const program: Program = {
    format: PROGRAM_FORMAT,
    version: PROGRAM_VERSION,
    options: { rotate_method: "allgather", convert_to_fp32: true },
    model: { path: "../model.onnx", sha256, data: [] },
    inputs: [],
    outputs: [],
    lengths: [],
    derived: {},
    equations: [],
    minimums: [],
    hooks: [],
    notes: [],
    probe: null,
    trials: [],
    pieces: models.map(({ id, graph }) => ({
      id,
      file: `${id}.onnx`,
      inputs: graph.inputs.map(({ name }) => name),
      outputs: graph.outputs.map(({ name }) => name),
      kind: "local",
      weights: null,
    })),
    ...draft,
  };
  const files = identifyOwn(
    folder,
    models.map(({ id }) => `${id}.onnx`),
  );
  writeFileSync(join(folder, "program.json"), sealedText(program, files));
  return { folder, temporary: false, program, files };
}
