/**
 * @file How ranks on each device run their pieces: what follows from the check of the device. Knows no rank.
 */
import type { Diagnostic } from "../../compiler/diagnostics/types.ts";
import { takesTurns } from "../../ort/devices/names.ts";
import { turns } from "../../ort/devices/turns.ts";
import type { Program } from "../../program/types.ts";
import type { OwnPieces, PieceFolders } from "../rank/pieces.ts";
import { checkDevice } from "./check.ts";
import type { OpenDevice } from "./check.ts";

/** Devices that have passed. */
export interface DevicesInUse {
  readonly settingsOf: (device: string) => Pick<OwnPieces, "device" | "plain" | "turns">;
  readonly notes: readonly Diagnostic[];
  /** Only after the last rank on any of them has ended. */
  readonly close: () => Promise<void>;
}

/** Checks every device but `cpu`, once. Throws `ContextParallelError`. */
export async function useDevices(
  program: Program,
  folders: PieceFolders,
  devices: readonly string[],
  check: typeof checkDevice = checkDevice,
): Promise<DevicesInUse> {
  const found = new Map<string, OpenDevice>();
  const close = async (): Promise<void> => {
    for (const device of found.values()) await device.close();
  };
  try {
    for (const device of new Set(devices)) {
      if (device !== "cpu") found.set(device, await check(program, folders, device));
    }
  } catch (error) {
    await close();
    throw error;
  }
  return {
    settingsOf: (device) => {
      const plain = found.get(device)?.plain ?? [];
      return { device, plain, turns: takesTurns(device) ? turns() : null };
    },
    notes: [...found.values()].flatMap(({ notes }) => notes),
    close,
  };
}
