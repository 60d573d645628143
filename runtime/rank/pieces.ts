/**
 * @file The pieces of a program on one rank, ready to run: sessions of the rank's own, or those that the driver made for all ranks.
 * Knows no step.
 */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { runtimeMessages } from "../../compiler/diagnostics/catalog/runtime.ts";
import { diagnose } from "../../compiler/diagnostics/diagnose.ts";
import { ContextParallelError } from "../../compiler/diagnostics/error.ts";
import type { ProgramFiles, ProgramPiece } from "../../program/types.ts";
import { isListed } from "../load/own-files.ts";
import { inPlainOperators } from "../../ort/devices/plain.ts";
import type { FusedOp } from "../../ort/devices/plain.ts";
import { inTurn } from "../../ort/devices/turns.ts";
import type { Turns } from "../../ort/devices/turns.ts";
import { openValues } from "../../ort/native/runner.ts";
import type { NativeRank } from "../../ort/native/runner.ts";
import { createSession } from "../../ort/session.ts";
import { heapValues, runnerOf } from "../../ort/values.ts";
import type { Optimisation, Providers } from "../../ort/types.ts";
import type { Runner, Values } from "../../ort/values.ts";
import { reasonOf } from "../reason.ts";
import type { Announce, Guard } from "../world/world.ts";
import { RunAborted } from "../world/world.ts";

export interface PieceFolders {
  /** Absolute folder of the piece models and of the program's own weights. */
  readonly folder: string;
  /** What the folder's files were when they were checked. */
  readonly files: ProgramFiles;
  /** Absolute folder of the model's weights; `null` if no piece reads any. */
  readonly modelFolder: string | null;
}

/** What a caller may say about the sessions of all pieces. */
export interface PieceOptions {
  readonly optimise?: Optimisation;
  /** Settings of execution providers, by their names. */
  readonly providers?: Providers;
  /** Path prefix of the profiles of the pieces, if any: `PREFIX.ID` followed by what the library adds. */
  readonly profile?: string;
}

/** The rank makes a session for every piece. */
export interface OwnPieces extends PieceFolders, PieceOptions {
  readonly backend: "binding";
  readonly device: string;
  /** Operators that the pieces must not use. */
  readonly plain: readonly FusedOp[];
  /** Shared by all ranks whose device bears one call at a time; `null` for another device. */
  readonly turns: Turns | null;
  /** Threads per session. */
  readonly threads: number;
}

/** Sessions that the driver has made, by piece. */
export interface SharedPieces {
  readonly backend: "native";
  readonly sessions: Readonly<Record<string, bigint>>;
  readonly rank: NativeRank;
}

export type PieceSettings = OwnPieces | SharedPieces;

export interface Pieces {
  readonly values: Values;
  readonly runners: ReadonlyMap<string, Runner>;
}

/** All or nothing: if one piece does not load, the others are released and the error is thrown. */
export async function loadPieces(
  pieces: readonly ProgramPiece[],
  settings: PieceSettings,
  rank: number,
  guard: Guard,
  announce: Announce,
): Promise<Pieces> {
  if (settings.backend === "native") return sharedPieces(settings, guard);
  const runners = new Map<string, Runner>();
  for (const [index, piece] of pieces.entries()) {
    announce(index);
    try {
      runners.set(piece.id, await ownPiece(piece, settings, guard));
    } catch (error) {
      await releasePieces({ runners });
      if (error instanceof RunAborted || error instanceof ContextParallelError) throw error;
      throw notLoaded(piece, { rank, device: settings.device }, error);
    }
  }
  return { values: heapValues, runners };
}

export async function releasePieces({ runners }: Pick<Pieces, "runners">): Promise<void> {
  for (const runner of runners.values()) await runner.release();
}

/** Model and weights of a piece. Throws what the file system throws, and where the file is no longer what was checked. */
export async function readPiece(
  { file, weights }: ProgramPiece,
  { folder, files, modelFolder }: PieceFolders,
): Promise<{ readonly model: Uint8Array; readonly folder: string | null }> {
  const folders = { model: modelFolder, program: folder, none: null };
  const path = join(folder, file);
  const model = await readFile(path);
  if (!isListed(model, file, files)) throw new Error(`${path} has changed since it was checked`);
  return { model, folder: folders[weights ?? "none"] };
}

export function notLoaded(
  { id }: ProgramPiece,
  where: { readonly rank: number; readonly device: string },
  error: unknown,
): ContextParallelError {
  const params = { ...where, piece: id, reason: reasonOf(error) };
  return new ContextParallelError([diagnose(runtimeMessages.session, params)], error);
}

async function sharedPieces({ sessions, rank }: SharedPieces, guard: Guard): Promise<Pieces> {
  const values = await guard(() => openValues(rank, guard));
  const runners = Object.entries(sessions).map(
    ([id, session]) => [id, guarded(values.runner(session), guard)] as const,
  );
  return { values, runners: new Map(runners) };
}

async function ownPiece(piece: ProgramPiece, settings: OwnPieces, guard: Guard): Promise<Runner> {
  const { model, folder } = await readPiece(piece, settings);
  const { threads, device, profile, turns, optimise, providers = {} } = settings;
  const call: Call = turns === null ? guard : (work) => guard(() => inTurn(turns, work));
  // Attention works longest for the memory that it takes: to take it anew costs it least, and every rank keeps less between the steps.
  const keepMemory = piece.kind !== "attention";
  const options = {
    folder,
    threads,
    device,
    keepMemory,
    provider: providers[device.split(":")[0]!] ?? {},
    ...(optimise && { optimise }),
    ...(profile && { profile: `${profile}.${piece.id}` }),
  };
  const plain = inPlainOperators(model, settings.plain);
  return guarded(runnerOf(await call(() => createSession(plain, options))), call);
}

/** Makes native calls where and when they may be made. */
type Call = <T>(work: () => Promise<T>) => Promise<T>;

function guarded(runner: Runner, call: Call): Runner {
  return {
    run: (feeds, outputs) => call(() => runner.run(feeds, outputs)),
    release: () => call(() => runner.release()),
  };
}
