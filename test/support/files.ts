/**
 * @file Folders and files of a test: a temporary folder that is removed when the test ends, and an unreadable file.
 */
import { chmod, mkdtemp, realpath, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { onTestFinished } from "vitest";

/** Absolute and free of symbolic links. */
export async function temporaryFolder(): Promise<string> {
  const folder = await realpath(await mkdtemp(join(tmpdir(), "onnx-cp-test-")));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

/** What `work` gives while nobody may read `path`, not even an administrator, which tests may run as. Its folders stay open to all. */
export async function withoutRights<T>(path: string, work: () => Promise<T>): Promise<T> {
  const { mode } = await stat(path);
  const isRoot = process.geteuid?.() === 0;
  if (isRoot) for (let at = dirname(path); at !== dirname(at); at = dirname(at)) await open(at);
  await chmod(path, 0);
  if (isRoot) process.seteuid?.(NOBODY);
  try {
    return await work();
  } finally {
    if (isRoot) process.seteuid?.(0);
    await chmod(path, mode);
  }
}

const NOBODY = 65_534;

async function open(folder: string): Promise<void> {
  const { mode } = await stat(folder);
  if ((mode & 0o55) !== 0o55) await chmod(folder, mode | 0o55);
}
