/**
 * @file Programs for one purpose each: a rank that fails, time in native code, heavy sessions, weights in files.
 */
import { symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { writeModel } from "../../../compiler/graph/write.ts";
import { hashFileSync, identify } from "../../../program/identity.ts";
import type { CompiledProgram } from "../../../program/types.ts";
import { identifyOwn } from "../../../program/seal.ts";
import {
  collectiveStep,
  graph,
  int,
  ints,
  names,
  newFolder,
  node,
  pieceStep,
  range,
  value,
  writeProgram,
} from "./models.ts";
import { concatPiece, heads, input, inputsOf, lengths, output, size } from "./programs.ts";

/** Rank r picks row 100 r: ranks above 0 fail where there are not so many rows. */
export function brokenPieceProgram(): CompiledProgram {
  const inputs = [value("x", ["s", heads, size]), value("at", [1], "int64")];
  const pick = graph(inputs, [value("t", [1, heads, size])], [node("Gather", ["x", "at"], ["t"], { axis: int(0) })]);
  const parts = names("part", 2);
  return writeProgram(
    {
      mesh: { batch_degree: 1, ring_degree: 1, ulysses_degree: 2 },
      inputs: [input],
      outputs: [{ name: "y", elem: "float32", dims: [2, heads, size] }],
      lengths,
      derived: { at: { elem: "int64", dims: [1], elements: [["*", 100, "rank"]] } },
      steps: [
        pieceStep("pick", { x: "x", at: "at" }, { t: "local" }),
        collectiveStep({
          name: "gather",
          collective: "all-gather",
          group: "sequence",
          transfers: [{ send: ["local"], receive: parts, elem: "float32", dims: [1, heads, size] }],
          frees: ["local"],
        }),
        pieceStep("join", inputsOf(parts), { y: "y" }, parts),
      ],
    },
    [{ id: "pick", graph: pick }, concatPiece("join", 2, 0, "y")],
  );
}

/** One piece that is busy in native code for about a second. */
export function slowProgram(): CompiledProgram {
  const side = 1000;
  const products = range(8).map((i) => node("MatMul", [`t${i}`, "t0"], [`t${i + 1}`]));
  const slow = graph(
    [value("x", [1, 1])],
    [value("y", [side, side])],
    [node("Expand", ["x", "shape"], ["t0"]), ...products, node("Identity", ["t8"], ["y"])],
    { shape: ints([side, side]) },
  );
  return writeProgram(
    {
      mesh: { batch_degree: 1, ring_degree: 1, ulysses_degree: 1 },
      inputs: [{ name: "x", elem: "float32", dims: [1, 1] }],
      outputs: [{ name: "y", elem: "float32", dims: [side, side] }],
      steps: [pieceStep("slow", { x: "x" }, { y: "y" })],
    },
    [{ id: "slow", graph: slow }],
  );
}

/** y = x + w with a constant w of so many bytes inside the piece: sessions of it are heavy. */
export function heavyProgram(ranks: number, bytes: number): CompiledProgram {
  const width = bytes / Float32Array.BYTES_PER_ELEMENT;
  const w = { elem: "float32", dims: [width], data: { kind: "inline", bytes: new Uint8Array(bytes) } } as const;
  const add = graph([value("x", ["n", 1])], [value("y", ["n", width])], [node("Add", ["x", "w"], ["y"])], { w });
  return writeProgram(
    {
      mesh: { batch_degree: 1, ring_degree: ranks, ulysses_degree: 1 },
      inputs: [{ name: "x", elem: "float32", dims: ["n", 1] }],
      outputs: [{ name: "y", elem: "float32", dims: ["n", width] }],
      lengths: [{ name: "n", sources: [{ input: "x", axis: 0 }] }],
      steps: [pieceStep("heavy", { x: "x" }, { y: "y" })],
    },
    [{ id: "heavy", graph: add }],
  );
}

/** y = x + w, with w in a file of its own beside the model or in the program's folder; the model is given through a link. */
export function externalProgram(weights: "model" | "program"): CompiledProgram {
  const dims = [heads, size];
  const file = "weights.bin";
  const w = { elem: "float32", dims, data: { kind: "external", file, offset: 0, length: heads * size * 4 } } as const;
  const add = graph(
    [value("x", ["s", heads, size])],
    [value("y", ["s", heads, size])],
    [node("Add", ["x", "w"], ["y"])],
    { w },
  );
  const compiled = writeProgram(
    {
      mesh: { batch_degree: 1, ring_degree: 2, ulysses_degree: 1 },
      inputs: [input],
      outputs: [output],
      lengths,
      steps: [pieceStep("add", { x: "x" }, { y: "y" })],
    },
    [{ id: "add", graph: add }],
  );
  const root = dirname(compiled.folder);
  const values = Buffer.from(Float32Array.from({ length: heads * size }, () => 100).buffer);
  writeFileSync(join(weights === "model" ? root : compiled.folder, file), values);
  const model = join(root, "model.onnx");
  if (weights === "model") writeFileSync(model, writeModel(add, { opsets: { "": 18 } }));
  const elsewhere = newFolder();
  symlinkSync(model, join(elsewhere, "model.onnx"));
  const { program, folder } = compiled;
  const { sha256 } = hashFileSync(model);
  const data = weights === "model" ? [{ file, ...identify(join(root, file)) }] : [];
  return {
    ...compiled,
    files: { ...compiled.files, ...(weights === "program" ? identifyOwn(folder, [file]) : {}) },
    program: {
      ...program,
      pieces: program.pieces.map((piece) => ({ ...piece, weights })),
      model: { path: join(elsewhere, "model.onnx"), sha256, data },
    },
  };
}

/** A point for hooks at a small value `s`, at which a rank holds a value of so many bytes as well. */
export function burdenedProgram(bytes: number): CompiledProgram {
  const width = bytes / Float32Array.BYTES_PER_ELEMENT;
  const big = graph(
    [value("x", [1])],
    [value("s", [1]), value("big", [width])],
    [node("Neg", ["x"], ["s"]), node("Expand", ["x", "shape"], ["big"])],
    { shape: ints([width]) },
  );
  const add = graph([value("s", [1]), value("big", ["n"])], [value("y", ["n"])], [node("Add", ["s", "big"], ["y"])]);
  return writeProgram(
    {
      mesh: { batch_degree: 1, ring_degree: 1, ulysses_degree: 2 },
      inputs: [{ name: "x", elem: "float32", dims: [1] }],
      outputs: [{ name: "y", elem: "float32", dims: [width] }],
      hooks: [
        {
          id: 0,
          module: "block",
          phase: "post_forward",
          order: 0,
          action: "user",
          reads: ["s"],
          writes: ["seen"],
          origin: null,
        },
      ],
      steps: [
        pieceStep("big", { x: "x" }, { s: "s", big: "big" }),
        {
          kind: "hook",
          hook: 0,
          module: "block",
          phase: "post_forward",
          value: "s",
          result: "seen",
          layout: "whole",
          frees: ["s"],
        },
        pieceStep("add", { s: "seen", big: "big" }, { y: "y" }, ["seen", "big"]),
      ],
    },
    [
      { id: "big", graph: big },
      { id: "add", graph: add },
    ],
  );
}
