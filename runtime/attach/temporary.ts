/**
 * @file Folders of programs that were compiled without a place to stay: the last session to be released removes them. Knows no session.
 */
import type { CompiledProgram } from "../../program/types.ts";
import { removeAtExit, removeTemporaryFolder } from "../../compiler/temporary/folders.ts";

const holders = new Map<string, number>();

export function holdFolder({ folder, temporary }: CompiledProgram): void {
  if (!temporary) return;
  // Another thread may have made it.
  removeAtExit();
  holders.set(folder, (holders.get(folder) ?? 0) + 1);
}

export function dropFolder({ folder, temporary }: CompiledProgram): void {
  if (!temporary) return;
  const left = (holders.get(folder) ?? 1) - 1;
  if (left > 0) {
    holders.set(folder, left);
    return;
  }
  holders.delete(folder);
  removeTemporaryFolder(folder);
}
