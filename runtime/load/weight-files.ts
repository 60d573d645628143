/**
 * @file Whether the weights that sessions map into memory are still what was checked. A file that is rewritten in place changes the numbers
 * of a session, and one that is cut ends the process when its pages are read. Reads no content, so that every run can ask. Knows no session.
 */
import { statSync } from "node:fs";
import { join } from "node:path";
import { runtimeMessages } from "../../compiler/diagnostics/catalog/runtime.ts";
import { diagnose } from "../../compiler/diagnostics/diagnose.ts";
import type { Diagnostic } from "../../compiler/diagnostics/types.ts";
import { WEIGHTS_FILE } from "../../program/types.ts";
import type { CompiledProgram } from "../../program/types.ts";
import { findModel } from "./model-files.ts";

interface State {
  readonly file: string;
  readonly bytes: number;
  /** Time of the last change, in milliseconds. */
  readonly written: number;
  /** Which file has the name. */
  readonly identity: string;
}

export interface WeightFiles {
  /** What has changed until the sessions hold the files, another file in the place of one included. */
  readonly beforeUse: () => readonly Diagnostic[];
  /** What has changed in the files that sessions hold. One that was removed or replaced is held as it was. */
  readonly inUse: () => readonly Diagnostic[];
}

/** The files of weights that pieces read, as they are now. A missing one is left out: the check of the program's files names it. */
export async function weightFilesOf(compiled: Pick<CompiledProgram, "program" | "folder">): Promise<WeightFiles> {
  const states = (await pathsOf(compiled)).flatMap((file) => stateOf(file) ?? []);
  const changes = (isChanged: (now: State | null, then: State) => boolean): readonly Diagnostic[] =>
    states.flatMap((then) => {
      const now = stateOf(then.file);
      return isChanged(now, then) ? [changed(now, then)] : [];
    });
  return {
    beforeUse: () => changes((now, then) => now?.identity !== then.identity || isWritten(now, then)),
    inUse: () => changes((now, then) => now?.identity === then.identity && isWritten(now, then)),
  };
}

async function pathsOf({ program, folder }: Pick<CompiledProgram, "program" | "folder">): Promise<readonly string[]> {
  const read = new Set(program.pieces.map(({ weights }) => weights));
  const model = read.has("model") ? await findModel(program, folder) : null;
  return [
    ...(read.has("program") ? [join(folder, WEIGHTS_FILE)] : []),
    ...(model === null ? [] : program.model.data.map(({ file }) => join(model.base, file))),
  ];
}

function isWritten(now: State, then: State): boolean {
  return now.bytes !== then.bytes || now.written !== then.written;
}

function stateOf(file: string): State | null {
  try {
    const { size, mtimeMs, dev, ino } = statSync(file);
    return { file, bytes: size, written: mtimeMs, identity: `${dev} ${ino}` };
  } catch {
    return null;
  }
}

function changed(now: State | null, { file, bytes, identity }: State): Diagnostic {
  const replaced = now?.identity !== identity;
  return diagnose(runtimeMessages.weightsChanged, { file, expected: bytes, actual: replaced ? null : now.bytes });
}
