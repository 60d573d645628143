/**
 * @file A folder of its own for a test, removed when the test ends.
 */
import { mkdtemp, realpath, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";

/** Absolute and free of symbolic links. */
export async function temporaryFolder(): Promise<string> {
  const folder = await realpath(await mkdtemp(join(tmpdir(), "onnx-cp-test-")));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return folder;
}
