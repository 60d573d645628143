/**
 * @file Files as the command line writes them: aside first, then renamed, so that a half-written file is never seen.
 */
import { mkdir, open, rm } from "node:fs/promises";
import { renameSync } from "node:fs";
import { dirname } from "node:path";
import { cliMessages } from "../compiler/diagnostics/catalog/cli.ts";
import { diagnose } from "../compiler/diagnostics/diagnose.ts";
import { ContextParallelError } from "../compiler/diagnostics/error.ts";
import { asideOf, sweepAsides } from "../compiler/temporary/aside.ts";
import type { Io } from "./io.ts";
import { limits } from "../compiler/limits/limits.ts";
import { readRegularFileSync } from "../compiler/limits/read-file.ts";

/** Writes `content` to a temporary name next to `file` and renames it through `commit`. Throws `ContextParallelError`. */
export async function writeAside(file: string, content: string | Uint8Array, commit: Io["commit"]): Promise<void> {
  const aside = asideOf(file, "new");
  try {
    await mkdir(dirname(file), { recursive: true });
    sweepAsides(file, () => false);
    const handle = await open(aside, "w");
    try {
      await handle.writeFile(content);
      await handle.sync();
    } finally {
      await handle.close();
    }
    commit(file, () => renameSync(aside, file));
  } catch (error) {
    await rm(aside, { force: true }).catch(() => undefined);
    const reason = error instanceof Error ? error.message.replace(/[,;] \w+ '.*$/, "") : String(error);
    throw new ContextParallelError([diagnose(cliMessages.fileSystem, { action: "write", file, reason })], error);
  }
}

/** Reads the text of files for code frames, each once, without a byte order mark; `undefined` where that fails. `given` are texts that are in no file. */
export function textReader(given: ReadonlyMap<string, string> = new Map()): (file: string) => string | undefined {
  const known = new Map<string, string | undefined>(given);
  return (file) => {
    if (!known.has(file)) known.set(file, readText(file));
    return known.get(file);
  };
}

function readText(file: string): string | undefined {
  try {
    return readRegularFileSync(file, limits.planBytes.most)
      .toString("utf8")
      .replace(/^\ufeff/, "");
  } catch {
    return undefined;
  }
}
