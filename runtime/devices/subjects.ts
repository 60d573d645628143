/**
 * @file What a device is compared with the CPU on: two small models, and pieces of the program at small lengths, with feeds. Runs nothing.
 */
import { evaluate, RANK, withinLimits } from "../../compiler/expr/expr.ts";
import { kernelModel, plainModel, sampleTensor } from "../../ort/devices/models.ts";
import { isOrtElem } from "../../ort/tensors.ts";
import type { OrtTensor, OrtTensors } from "../../ort/types.ts";
import { equalCut } from "../../program/shares.ts";
import type { Program, ProgramPiece, ProgramTrial } from "../../program/types.ts";
import { lengthsFor } from "../probes.ts";
import type { Small } from "../probes.ts";
import { deriver } from "../rank/derived.ts";
import { readPiece } from "../rank/pieces.ts";
import type { PieceFolders } from "../rank/pieces.ts";
import { isPrecision, weakest } from "../verify.ts";
import type { Precision } from "../verify.ts";

export interface Subject {
  /** For people: `a model of plain operators`, `the piece attention0`. */
  readonly what: string;
  readonly model: Uint8Array;
  /** Folder of its weights. */
  readonly folder: string | null;
  readonly feeds: OrtTensors;
  /** The weakest floating type inside. */
  readonly precision: Precision;
}

export function smallSubjects(): readonly Subject[] {
  const common = { folder: null, precision: "float32" } as const;
  return [
    { what: "a small model of plain operators", ...plainModel(), ...common },
    { what: "a small model of attention", ...kernelModel(), ...common },
  ];
}

/**
 * At the first scale a rank has 64 rows of a length that is rows: more than one workgroup of a GPU computes. Where rows are a product, of
 * frames, height and width for example, all of them count.
 */
const SMALL: Small = {
  scales: [64, 32, 16, 8, 4, 2],
  most: 2 ** 13,
  counts: (dim) => typeof dim !== "number",
  uncutShort: true,
};
/** 64 MiB of float32, for programs whose extents are numbers. */
const MOST_ELEMENTS = 2 ** 24;
/** All ranks run the same pieces. */
const FIRST_RANK = 0;

/** A trial as the first rank would run it. */
export interface PieceTrial {
  readonly piece: string;
  /** Reads the model. Throws what `readPiece` throws. */
  readonly subject: () => Promise<Subject>;
}

/** Those trials for which lengths were found. */
export function pieceTrials(program: Program, folders: PieceFolders): readonly PieceTrial[] {
  const pieces = new Map(program.pieces.map((piece) => [piece.id, piece]));
  return program.trials.flatMap((trial) => {
    const step = program.steps[trial.step];
    const piece = step?.kind === "piece" ? pieces.get(step.piece) : undefined;
    const values = withinLimits(() => valuesOf(program, trial));
    if (step?.kind !== "piece" || piece === undefined || values === null) return [];
    const feeds = Object.entries(step.inputs).map(([name, value]) => [name, values.get(value)!] as const);
    return [{ piece: piece.id, subject: () => subjectOf(piece, folders, Object.fromEntries(feeds), trial) }];
  });
}

/** What was not tried and should have been, for people. */
export function untried({ pieces }: Program, tried: ReadonlySet<string>): readonly string[] {
  const expected = pieces.filter(({ kind }) => kind === "attention").map(({ id }) => id);
  return tried.size === 0 && expected.length === 0 ? ["any piece"] : expected.filter((id) => !tried.has(id));
}

async function subjectOf(
  piece: ProgramPiece,
  folders: PieceFolders,
  feeds: OrtTensors,
  { elems }: ProgramTrial,
): Promise<Subject> {
  const { model, folder } = await readPiece(piece, folders);
  return {
    what: `the piece ${piece.id}`,
    model,
    folder,
    feeds,
    precision: weakest(elems.filter(isPrecision)) ?? "float32",
  };
}

/** `null` where no lengths are found, or they give a shape that is none or takes too much memory: a program may come from anywhere. */
function valuesOf(program: Program, trial: ProgramTrial): ReadonlyMap<string, OrtTensor> | null {
  const lengths = lengthsFor(program, trial, SMALL);
  if (lengths === null) return null;
  const names = { ...lengths, [RANK]: FIRST_RANK };
  const shapes = trial.reads.map(({ dims }) => dims.map((dim) => evaluate(dim, names, equalCut)));
  const elements = shapes.reduce((sum, dims) => sum + dims.reduce((a, b) => a * b, 1), 0);
  if (shapes.flat().some((extent) => extent < 0) || !(elements <= MOST_ELEMENTS)) return null;
  const tensors = trial.reads.map(({ name, elem }, i) => {
    return [name, sampleTensor(isOrtElem(elem) ? elem : "float32", shapes[i]!, i + 1)] as const;
  });
  return new Map([...deriver(program, FIRST_RANK)(lengths, null).integers, ...tensors]);
}
