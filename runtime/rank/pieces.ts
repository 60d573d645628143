/**
 * @file The ONNX Runtime sessions of a rank: one per piece of the program, made when the rank starts. Knows no step.
 */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { runtimeMessages } from "../../compiler/diagnostics/catalog/runtime.ts";
import { diagnose } from "../../compiler/diagnostics/diagnose.ts";
import { ContextParallelError } from "../../compiler/diagnostics/error.ts";
import type { ProgramFiles, ProgramPiece } from "../../program/types.ts";
import { createSession } from "../../ort/session.ts";
import type { OrtSession } from "../../ort/session.ts";
import { isListed } from "../load/own-files.ts";
import { reasonOf } from "../reason.ts";
import type { Announce, Guard } from "../world/world.ts";
import { RunAborted } from "../world/world.ts";

export interface PieceSettings {
  /** Absolute folder of the piece models and of the program's own weights. */
  readonly folder: string;
  /** What the folder's files were when they were checked. */
  readonly files: ProgramFiles;
  /** Absolute folder of the model's weights; `null` if no piece reads any. */
  readonly modelFolder: string | null;
  readonly device: string;
  /** Threads per session. */
  readonly threads: number;
}

export type Pieces = ReadonlyMap<string, OrtSession>;

/** All or nothing: if one piece does not load, the others are released and the error is thrown. */
export async function loadPieces(
  pieces: readonly ProgramPiece[],
  settings: PieceSettings,
  rank: number,
  guard: Guard,
  announce: Announce,
): Promise<Pieces> {
  const loaded = new Map<string, OrtSession>();
  for (const [index, piece] of pieces.entries()) {
    announce(index);
    try {
      loaded.set(piece.id, await loadPiece(piece, settings, guard));
    } catch (error) {
      await releasePieces(loaded);
      if (error instanceof RunAborted || error instanceof ContextParallelError) throw error;
      const params = { rank, piece: piece.id, device: settings.device, reason: reasonOf(error) };
      throw new ContextParallelError([diagnose(runtimeMessages.session, params)], error);
    }
  }
  return loaded;
}

export async function releasePieces(pieces: Pieces): Promise<void> {
  for (const session of pieces.values()) await session.release();
}

async function loadPiece(piece: ProgramPiece, settings: PieceSettings, guard: Guard): Promise<OrtSession> {
  const file = join(settings.folder, piece.file);
  const model = await readFile(file);
  if (!isListed(model, piece.file, settings.files)) throw new Error(`${file} has changed since it was checked`);
  const folder = { model: settings.modelFolder, program: settings.folder, none: null }[piece.weights ?? "none"];
  const { threads, device } = settings;
  // Attention works longest for the memory that it takes: to take it anew costs it least, and every rank keeps less between the steps.
  const keepMemory = piece.kind !== "attention";
  const session = await guard(() => createSession(model, { folder, threads, device, keepMemory }));
  return {
    ...session,
    run: (feeds, wanted) => guard(() => session.run(feeds, wanted)),
    release: () => guard(() => session.release()),
  };
}
