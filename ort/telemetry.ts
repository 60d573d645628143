/**
 * @file Keeps onnxruntime's telemetry off: by default the library sends usage events, keeps a device id and an event database in the
 * user's cache folder and writes a log to the temporary folder. Its native code reads one environment variable when the first session
 * of the process is created, so this is the one file outside the command line that touches the environment. Knows no session.
 */
import { isMainThread } from "node:worker_threads";
import { loadKoffi } from "./native/koffi.ts";

const VARIABLE = "ORT_DISABLE_TELEMETRY";

/** To be called before the library is loaded, and before a worker that may load it first is started. A value that the user has set stays. */
export async function keepTelemetryOff(): Promise<void> {
  if (process.env[VARIABLE] !== undefined) return;
  // In a worker, `process.env` is a copy (unless it was started with SHARE_ENV) that native code never reads.
  if (!isMainThread) await setNatively();
  process.env[VARIABLE] = "1";
}

/** Without koffi, which is optional, or without the C library's function, the variable of the process stays as it is. */
async function setNatively(): Promise<void> {
  try {
    const koffi = await loadKoffi();
    koffi.load(null).func("int setenv(const char *name, const char *value, int overwrite)")(VARIABLE, "1", 0);
  } catch {
    // The README names the variable to set for this case.
  }
}
