/**
 * @file Names beside a target, under which it is written before it takes its place, and what a killed process has left under such
 * names. Knows not what a target is.
 */
import { existsSync, renameSync, rmSync } from "node:fs";
import { randomBytes } from "node:crypto";
import { basename, dirname, join } from "node:path";
import { ownedEntries } from "./names.ts";
import { isGone, ownerToken } from "./owner.ts";

/** `new`: not yet in its place. `old`: no longer. */
export type AsideKind = "new" | "old";

/** A free name beside `target`, which says whose it is. */
export function asideOf(target: string, kind: AsideKind): string {
  return join(dirname(target), `${prefixOf(target, kind)}${ownerToken()}-${randomBytes(6).toString("hex")}`);
}

/**
 * Removes what processes that are gone left beside `target`; where they took the target away and put nothing in its place, it comes
 * back. `isOld` says whether an entry may be removed, being what a target is. What cannot be moved or removed stays.
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
