/**
 * @file Repeats a piece of work whenever files change: looks at them a few times a second, which notices every kind of change on every file
 * system (edits, renames over the file, links, mounted folders). Knows no plan but the files that it imports.
 */
import { stat } from "node:fs/promises";
import { cliMessages } from "../../compiler/diagnostics/catalog/cli.ts";
import { diagnose } from "../../compiler/diagnostics/diagnose.ts";
import { renderDiagnostics } from "../../compiler/diagnostics/render.ts";
import { readSource } from "../../compiler/plan/source.ts";
import type { Io } from "../io.ts";
import { type Outcome, outcome } from "../outcome.ts";

/** Between two looks. A change is acted on once a look finds nothing new: editors write a file in several steps. */
const LOOK_MS = 150;
/** Clears the terminal and what it has scrolled. */
const CLEAR = "\u001b[2J\u001b[3J\u001b[H";

/** Calls `work`, which returns the files to watch, now and after every change, until the signal. Ends fine. */
export async function watch(work: () => Promise<readonly string[]>, io: Io): Promise<Outcome> {
  let files: readonly string[] = [];
  let before: Look = new Map();
  while (!io.signal.aborted) {
    if (io.interactive) io.err(CLEAR);
    // A change during the work is a change.
    const known = await look(files);
    files = [...new Set(await work())];
    before = new Map([...(await look(files)), ...known]);
    if (io.signal.aborted) break;
    io.err(`watching ${files.length} file${files.length === 1 ? "" : "s"}; Ctrl-C ends\n`);
    await changed(files, before, io);
  }
  return { ...outcome([]), endsBySignal: true };
}

/** The plans, and the files that TypeScript plans import, also those that do not exist. */
export async function filesOf(plans: readonly string[]): Promise<readonly string[]> {
  const files = [...plans];
  for (const plan of plans.filter((name) => name.endsWith(".ts"))) {
    const source = await readSource(plan);
    if (!source.ok) continue;
    const { loadModules } = await import("../../compiler/plan/typescript/modules.ts");
    const { modules } = await loadModules(source.value, plan, readSource);
    files.push(...[...modules.values()].flatMap(({ imports }) => [...imports.values()]));
  }
  return files;
}

/** What identifies the content of each file; `null` for one that does not exist. */
type Look = ReadonlyMap<string, string | null>;

async function look(files: readonly string[]): Promise<Look> {
  const marks = files.map(async (file): Promise<readonly [string, string | null]> => {
    const found = await stat(file, { bigint: true }).catch(() => null);
    return [file, found === null ? null : `${found.dev} ${found.ino} ${found.size} ${found.mtimeNs}`];
  });
  return new Map(await Promise.all(marks));
}

/** Waits until a file has changed and none changes any more. A file that vanishes is reported, and waited for. */
async function changed(files: readonly string[], before: Look, io: Io): Promise<void> {
  let last = before;
  const reported = new Set<string>();
  while (!io.signal.aborted) {
    await pause(io.signal);
    const now = await look(files);
    const isSettled = files.every((file) => now.get(file) === last.get(file));
    const isNew = files.some((file) => now.get(file) !== before.get(file));
    const gone = files.filter((file) => now.get(file) === null && before.get(file) !== null);
    if (isSettled && gone.length === 0 && (isNew || reported.size > 0)) return;
    if (isSettled) gone.filter((file) => !reported.has(file)).forEach((file) => report(file, reported, io));
    last = now;
  }
}

function report(file: string, reported: Set<string>, io: Io): void {
  reported.add(file);
  io.err(renderDiagnostics([diagnose(cliMessages.vanished, { file }, { file })]));
}

function pause(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(done, LOOK_MS);
    function done(): void {
      clearTimeout(timer);
      signal.removeEventListener("abort", done);
      resolve();
    }
    signal.addEventListener("abort", done, { once: true });
  });
}
