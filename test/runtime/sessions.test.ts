/**
 * @file The sessions that all ranks share: one for equal pieces, and the first piece that fails is named after all work has ended.
 */
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { ContextParallelError } from "../../compiler/diagnostics/error.ts";
import { hashFile } from "../../program/identity.ts";
import type { ProgramFiles, ProgramPiece } from "../../program/types.ts";
import { loadShared } from "../../runtime/load/sessions.ts";
import type { PieceFolders } from "../../runtime/rank/pieces.ts";
import { temporaryFolder } from "../support/files.ts";

/** Pieces `p0`, `p1`, ... whose models are the given texts. */
async function piecesOf(texts: readonly string[]): Promise<{
  readonly pieces: readonly ProgramPiece[];
  readonly folders: PieceFolders;
}> {
  const folder = await temporaryFolder();
  const files: Record<string, ProgramFiles[string]> = {};
  const pieces = texts.map((_, i): ProgramPiece => {
    return { id: `p${i}`, kind: "local", file: `p${i}.onnx`, inputs: [], outputs: [], weights: null };
  });
  for (const [i, { file }] of pieces.entries()) {
    await writeFile(join(folder, file), texts[i]!);
    files[file] = await hashFile(join(folder, file));
  }
  return { pieces, folders: { folder, files, modelFolder: null } };
}

const textOf = (model: Uint8Array): string => Buffer.from(model).toString();

test("equal pieces are one session", async () => {
  const { pieces, folders } = await piecesOf(["a", "b", "a", "b", "a"]);
  const made: string[] = [];
  const sessions = await loadShared(pieces, folders, async (model) => BigInt(made.push(textOf(model))));
  expect(made.toSorted()).toEqual(["a", "b"]);
  const { p0, p1 } = sessions;
  expect(p0).not.toBe(p1);
  expect(sessions).toEqual({ p0, p1, p2: p0, p3: p1, p4: p0 });
});

test("the first piece that does not load is named, when nothing is in progress any more", async () => {
  const { pieces, folders } = await piecesOf(["slow and wrong", "wrong", "c", "d"]);
  let inProgress = 0;
  const create = async (model: Uint8Array): Promise<bigint> => {
    inProgress += 1;
    await new Promise((resolve) => setTimeout(resolve, textOf(model).startsWith("slow") ? 50 : 0));
    inProgress -= 1;
    if (textOf(model).endsWith("wrong")) throw new Error(`cannot load ${textOf(model)}`);
    return 1n;
  };
  const error = await loadShared(pieces, folders, create).catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(ContextParallelError);
  expect((error as ContextParallelError).message).toContain("cannot load slow and wrong");
  expect(inProgress).toBe(0);
});
