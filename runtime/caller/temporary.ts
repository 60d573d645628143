/**
 * @file Folders of programs that were compiled without a place to stay: the last session to be released removes them. Knows no session.
 */
import { rm } from "node:fs/promises";
import type { CompiledProgram } from "../../program/types.ts";

const holders = new Map<string, number>();

export function holdFolder({ folder, temporary }: CompiledProgram): void {
  if (temporary) holders.set(folder, (holders.get(folder) ?? 0) + 1);
}

export async function dropFolder({ folder, temporary }: CompiledProgram): Promise<void> {
  if (!temporary) return;
  const left = (holders.get(folder) ?? 1) - 1;
  if (left > 0) {
    holders.set(folder, left);
    return;
  }
  holders.delete(folder);
  await rm(folder, { recursive: true, force: true });
}
