/**
 * @file Checks the devices of `--devices` against a compiled program: one per rank, and each available and correct on small models.
 * Reports what `run` would refuse, as far as it can be known without the pieces.
 */
import { ContextParallelError } from "../../compiler/diagnostics/error.ts";
import { hasErrors } from "../../compiler/diagnostics/diagnose.ts";
import type { Diagnostic } from "../../compiler/diagnostics/types.ts";
import type { Program } from "../../program/types.ts";
import { checkNames } from "../../ort/devices/names.ts";
import { countDevices } from "../../runtime/attach/attach.ts";
import { checkAlone } from "../../runtime/devices/check.ts";

/** All errors, and notes; none if no devices are given. */
export async function checkDevices(
  program: Program,
  devices: readonly string[] | undefined,
): Promise<readonly Diagnostic[]> {
  if (devices === undefined) return [];
  const found: Diagnostic[] = [...countDevices(program, devices)];
  for (const device of new Set(devices)) found.push(...(await diagnosticsOf(device)));
  return found;
}

async function diagnosticsOf(device: string): Promise<readonly Diagnostic[]> {
  const wrong = checkNames([device]);
  if (hasErrors(wrong) || device === "cpu") return wrong;
  try {
    const { notes, close } = await checkAlone(device);
    await close();
    return notes;
  } catch (error) {
    if (error instanceof ContextParallelError) return error.diagnostics;
    throw error;
  }
}
