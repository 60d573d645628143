/**
 * @file Temporary folders: the only place that creates them. They are removed when their process exits; the next process removes those of a
 * killed one. Does not know their content.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { isMainThread } from "node:worker_threads";
import { ownedEntries } from "./folder-names.ts";
import { isGone, ownerToken } from "./owner.ts";

const PREFIX = "onnx-cp-";

/** A new folder in the system's temporary folder, readable by this user only. Throws as `fs` does. */
export function makeTemporaryFolder(): string {
  sweepTemporaryFolders();
  removeAtExit();
  return mkdtempSync(join(tmpdir(), `${PREFIX}${ownerToken()}-`));
}

/** Removes a folder of this process at once. */
export function removeTemporaryFolder(folder: string): void {
  remove(folder);
}

/** Removes all folders of this process, whichever of its threads made them. For callers that end the process without an exit. */
export function removeTemporaryFolders(): void {
  const own = ownerToken();
  for (const { path, token } of ownedEntries(tmpdir(), PREFIX)) if (token === own) remove(path);
}

let swept = false;

/** Removes the folders of processes that are gone; once per process. */
export function sweepTemporaryFolders(): void {
  if (swept) return;
  swept = true;
  for (const { path, token } of ownedEntries(tmpdir(), PREFIX)) if (isGone(token)) remove(path);
}

let watching = false;

/** Only in the main thread: folders of another thread may outlive that thread. Changes no signal handler. */
export function removeAtExit(): void {
  if (watching || !isMainThread) return;
  watching = true;
  process.on("exit", removeTemporaryFolders);
}

/** What cannot be removed now, the next process will try again. */
function remove(path: string): void {
  try {
    rmSync(path, { recursive: true, force: true });
  } catch {}
}
