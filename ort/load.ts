/**
 * @file Loads onnxruntime-node. The one place that does, on first use: the package brings a large native library, and its telemetry must be
 * off before. Where loading fails, for example because the process has another version already, one diagnostic says so. Runs nothing.
 */
import type * as Ort from "onnxruntime-node";
import { runtimeMessages } from "../compiler/diagnostics/catalog/runtime.ts";
import { diagnose } from "../compiler/diagnostics/diagnose.ts";
import { ContextParallelError } from "../compiler/diagnostics/error.ts";
import { keepTelemetryOff } from "./telemetry.ts";

/** Throws `ContextParallelError`. */
export async function loadOnnxRuntime(): Promise<typeof Ort> {
  await keepTelemetryOff();
  try {
    return await import("onnxruntime-node");
  } catch (error) {
    const text = error instanceof Error ? error.message : String(error);
    const params = { reason: text.replaceAll(/\s+/g, " ").trim(), other: otherVersion(text) };
    throw new ContextParallelError([diagnose(runtimeMessages.library, params)], error);
  }
}

/**
 * The library that the process has loaded in the place of ours, as the dynamic linker of Linux puts it: all versions have one name there,
 * and the second binding gets the library of the first, whose symbols are of another version.
 */
function otherVersion(text: string): string | null {
  return /^(.+): version `VERS_[\d.]+' not found/.exec(text.trim())?.[1] ?? null;
}
