/**
 * @file Temporary names next to a target, used while it is written, and cleanup of what a killed process left under such names. Does not
 * know what a target is.
 */
import { existsSync, renameSync, rmSync } from "node:fs";
import { randomBytes } from "node:crypto";
import { basename, dirname, join } from "node:path";
import { ownedEntries } from "./folder-names.ts";
import { isGone, ownerToken } from "./owner.ts";

/** `new`: not yet in place. `old`: replaced. */
export type AsideKind = "new" | "old";

/** A free name next to `target` that identifies its process. */
export function asideOf(target: string, kind: AsideKind): string {
  return join(dirname(target), `${prefixOf(target, kind)}${ownerToken()}-${randomBytes(6).toString("hex")}`);
}

/**
 * Removes leftovers of dead processes next to `target`; where they moved the target away without replacing it, it is restored. `isOld` says
 * whether an entry has the form of a target and may be removed. What cannot be moved or removed stays.
 */
export function sweepAsides(target: string, isOld: (path: string) => boolean): void {
  for (const path of leftovers(target, "old")) {
    attempt(() => {
      if (!existsSync(target)) renameSync(path, target);
      else if (isOld(path)) rmSync(path, { recursive: true, force: true });
    });
  }
  for (const path of leftovers(target, "new")) attempt(() => rmSync(path, { recursive: true, force: true }));
}

function attempt(work: () => void): void {
  try {
    work();
  } catch {}
}

function leftovers(target: string, kind: AsideKind): readonly string[] {
  const entries = ownedEntries(dirname(target), prefixOf(target, kind));
  return entries.filter(({ token }) => isGone(token)).map(({ path }) => path);
}

function prefixOf(target: string, kind: AsideKind): string {
  return `.${basename(target)}.${kind}-`;
}
