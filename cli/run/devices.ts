/**
 * @file Checks the devices of `--devices` against a compiled program: one per rank, and each available. Reports what `run` would refuse.
 */
import { runtimeMessages } from "../../compiler/diagnostics/catalog/runtime.ts";
import { diagnose } from "../../compiler/diagnostics/diagnose.ts";
import type { Diagnostic } from "../../compiler/diagnostics/types.ts";
import type { Program } from "../../program/types.ts";
import { deviceProblem } from "../../ort/devices.ts";
import { countDevices } from "../../runtime/attach/attach.ts";

/** All errors; none if no devices are given. */
export async function checkDevices(
  program: Program,
  devices: readonly string[] | undefined,
): Promise<readonly Diagnostic[]> {
  if (devices === undefined) return [];
  const missing: Diagnostic[] = [];
  for (const device of new Set(devices)) {
    const reason = await deviceProblem(device);
    if (reason !== null) missing.push(diagnose(runtimeMessages.noDevice, { device, reason }));
  }
  return [...countDevices(program, devices), ...missing];
}
