/**
 * @file Sets variables of the process's environment for native code, which reads them when a library is loaded. Knows no library.
 */
import { isMainThread } from "node:worker_threads";
import { loadKoffi } from "./koffi.ts";

/** A value that the user has set stays. */
export async function setForLibraries(name: string, value: string): Promise<void> {
  if (process.env[name] !== undefined) return;
  // In a worker, `process.env` is a copy (unless it was started with SHARE_ENV) that native code never reads.
  if (!isMainThread) await setNatively(name, value);
  process.env[name] = value;
}

/** Without koffi, which is optional, or without the C library's function, the variable of the process stays as it is. */
async function setNatively(name: string, value: string): Promise<void> {
  try {
    const koffi = await loadKoffi();
    koffi.load(null).func("int setenv(const char *name, const char *value, int overwrite)")(name, value, 0);
  } catch {
    // The pages that describe the variables name them for this case.
  }
}
