/**
 * @file Puts a written program in its place, or says what prevents it. Knows no piece.
 */
import { existsSync, renameSync, rmSync } from "node:fs";
import { lowerMessages } from "../diagnostics/catalog/lower.ts";
import { diagnose } from "../diagnostics/diagnose.ts";
import { ContextParallelError } from "../diagnostics/error.ts";
import type { Diagnostic } from "../diagnostics/types.ts";
import { asideOf } from "../temporary/aside.ts";
import { firstInside, inspectTarget } from "./replace.ts";

/** What prevents replacing the content of `path`, in words about `folder`; `null` if nothing does. */
export function obstacleIn(path: string, folder: string, sources: readonly string[]): Diagnostic | null {
  if (!existsSync(path)) return null;
  const { is, foreign } = inspectTarget(path);
  if (is === "file") return diagnose(lowerMessages.notAProgram, { folder, holds: "a file" });
  if (foreign.length > 0) {
    const message = is === "program" ? lowerMessages.notOnlyAProgram : lowerMessages.notAProgram;
    return diagnose(message, { folder, holds: listed(foreign) });
  }
  const source = firstInside(path, sources);
  return source === null ? null : diagnose(lowerMessages.holdsSource, { folder, source });
}

function listed(names: readonly string[]): string {
  return names.length > 3 ? `${names.slice(0, 3).join(", ")} and ${names.length - 3} more` : names.join(", ");
}

/**
 * Puts `fresh` in the place of `target`. The old content is checked again after it was renamed, when no other process can find it. On
 * failure `target` is unchanged. Throws as `fs` does, and `ContextParallelError` where `obstacle` finds something.
 */
export function putInPlace(fresh: string, target: string, obstacle: (path: string) => Diagnostic | null): void {
  if (!existsSync(target)) {
    renameSync(fresh, target);
    return;
  }
  const old = asideOf(target, "old");
  renameSync(target, old);
  try {
    const found = obstacle(old);
    if (found !== null) throw new ContextParallelError([found]);
    renameSync(fresh, target);
  } catch (error) {
    renameSync(old, target);
    throw error;
  }
  discard(old);
}

/** The new program is in its place already: leftovers that cannot be removed now are removed when the folder is written again. */
function discard(old: string): void {
  try {
    rmSync(old, { recursive: true, force: true });
  } catch {}
}
