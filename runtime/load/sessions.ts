/**
 * @file Loads the pieces of a program into sessions that all ranks share, several at a time. Knows no rank and no library.
 */
import { createHash } from "node:crypto";
import { availableParallelism } from "node:os";
import type { ProgramPiece } from "../../program/types.ts";
import { notLoaded, readPiece } from "../rank/pieces.ts";
import type { PieceFolders } from "../rank/pieces.ts";

/** Makes a session from a model, and from the folder of its weights if it has any; `id` is that of the first piece that has it. */
export type Create = (model: Uint8Array, folder: string | null, id: string) => Promise<bigint>;

/**
 * The session of every piece; pieces of the same model over the same weights are one. Throws `ContextParallelError` for the first piece
 * that does not load, after all work in progress has ended.
 */
export async function loadShared(
  pieces: readonly ProgramPiece[],
  folders: PieceFolders,
  create: Create,
): Promise<Readonly<Record<string, bigint>>> {
  const made = new Map<string, Promise<bigint>>();
  const sessions: Record<string, bigint> = {};
  const failures = new Map<number, unknown>();
  const waiting = [...pieces.entries()];
  const load = async (): Promise<void> => {
    for (let next = waiting.shift(); next !== undefined && failures.size === 0; next = waiting.shift()) {
      const [index, piece] = next;
      try {
        const { model, folder } = await readPiece(piece, folders);
        const key = `${createHash("sha256").update(model).digest("hex")} ${folder}`;
        const session = made.get(key) ?? create(model, folder, piece.id);
        made.set(key, session);
        sessions[piece.id] = await session;
      } catch (error) {
        failures.set(index, notLoaded(piece, { rank: 0, device: "cpu" }, error));
      }
    }
  };
  // Most of the time goes into packing weights, one core each.
  await Promise.all(Array.from({ length: availableParallelism() }, load));
  const [first] = [...failures.keys()].toSorted((a, b) => a - b);
  if (first !== undefined) throw failures.get(first);
  return sessions;
}
