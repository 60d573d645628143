/**
 * @file Keeps onnxruntime's telemetry off: by default the library sends usage events, keeps a device id and an event database in the
 * user's cache folder and writes a log to the temporary folder. Its native code reads one environment variable when the first session
 * of the process is created. Knows no session.
 */
import { setForLibraries } from "./system/environment.ts";

/** To be called before the library is loaded, and before a worker that may load it first is started. A value that the user has set stays. */
export function keepTelemetryOff(): Promise<void> {
  return setForLibraries("ORT_DISABLE_TELEMETRY", "1");
}
