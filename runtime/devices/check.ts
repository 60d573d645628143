/**
 * @file Checks a device before ranks run on it: it is there, and it computes what the CPU computes, on two small models and on pieces of
 * the program. A device that does not is refused. Knows no rank.
 */
import { availableParallelism } from "node:os";
import { deviceMessages as messages } from "../../compiler/diagnostics/catalog/running/devices.ts";
import { diagnose } from "../../compiler/diagnostics/diagnose.ts";
import { ContextParallelError } from "../../compiler/diagnostics/error.ts";
import type { Diagnostic } from "../../compiler/diagnostics/types.ts";
import { onnxRuntimeDevices } from "../../ort/devices/open.ts";
import type { Devices, Opened } from "../../ort/devices/open.ts";
import { FUSED, inPlainOperators, mayUse } from "../../ort/devices/plain.ts";
import type { FusedOp } from "../../ort/devices/plain.ts";
import { readDevice } from "../../ort/devices/names.ts";
import { OrtError } from "../../ort/session.ts";
import type { OrtTensors, SessionOptions } from "../../ort/types.ts";
import type { Program } from "../../program/types.ts";
import type { PieceFolders } from "../rank/pieces.ts";
import { compareTensors, isPrecision, tolerances } from "../verify.ts";
import type { Comparison } from "../verify.ts";
import { pieceTrials, smallSubjects, untried } from "./subjects.ts";
import type { Subject } from "./subjects.ts";

export interface CheckedDevice {
  /** Operators of the device that do not give the CPU's results, and are computed in others. */
  readonly plain: readonly FusedOp[];
  readonly notes: readonly Diagnostic[];
}

/** The device stays open, so that it keeps what it has compiled, until it is closed. */
export interface OpenDevice extends CheckedDevice, Opened {}

/** Whether the device is there and computes two small models. Throws `ContextParallelError`. */
export async function checkAlone(device: string, by: Devices = onnxRuntimeDevices): Promise<OpenDevice> {
  const kind = readDevice(device);
  if ("code" in kind) throw new ContextParallelError([kind]);
  const opened = await by.open(device, kind);
  if ("reason" in opened) {
    const params = { device, reason: opened.reason, needs: kind.needs };
    throw new ContextParallelError([diagnose(messages.missing, params)]);
  }
  return orClosed(opened, async () => {
    let checked: CheckedDevice = { plain: [], notes: [] };
    for (const subject of smallSubjects()) checked = await checkOn(device, checked, await expecting(subject, by), by);
    return { ...checked, close: opened.close };
  });
}

/**
 * Checks a device for a program in `folders`, in the process that is to use it. Throws `ContextParallelError` with what is missing or
 * wrong, and what `readPiece` throws.
 */
export async function checkDevice(
  program: Program,
  folders: PieceFolders,
  device: string,
  by: Devices = onnxRuntimeDevices,
): Promise<OpenDevice> {
  const alone = await checkAlone(device, by);
  return orClosed(alone, async () => {
    let checked: CheckedDevice = alone;
    const tried = new Set<string>();
    for (const { piece, subject: read } of pieceTrials(program, folders)) {
      const subject = await onCpu(await read(), by);
      if (subject === null) continue;
      tried.add(piece);
      checked = await checkOn(device, checked, subject, by);
    }
    const pieces = untried(program, tried);
    const notes = pieces.length === 0 ? [] : [diagnose(messages.unchecked, { device, pieces })];
    return { plain: checked.plain, notes: [...checked.notes, ...notes], close: alone.close };
  });
}

/** Closes the device where the work throws. */
async function orClosed<T>({ close }: Opened, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    await close();
    throw error;
  }
}

interface Expecting extends Subject {
  readonly expected: OrtTensors;
}

async function expecting(subject: Subject, by: Devices): Promise<Expecting> {
  return { ...subject, expected: await by.compute("cpu", subject.model, subject.feeds, optionsOf(subject)) };
}

function optionsOf({ folder }: Subject): SessionOptions {
  return { folder, threads: availableParallelism() };
}

/** `null` where the feeds are not fit for the piece: they are chosen without knowledge of what it computes. */
async function onCpu(subject: Subject, by: Devices): Promise<Expecting | null> {
  try {
    return await expecting(subject, by);
  } catch (error) {
    if (error instanceof OrtError) return null;
    throw error;
  }
}

/** With fewer operators of the device where they do not give the CPU's results. */
async function checkOn(device: string, before: CheckedDevice, subject: Expecting, by: Devices): Promise<CheckedDevice> {
  const failed = await failure(device, before.plain, subject, by);
  if (failed === null) return before;
  for (const more of replacements(before.plain, subject.model)) {
    const plain = [...before.plain, ...more];
    if ((await failure(device, plain, subject, by)) !== null) continue;
    const { what } = subject;
    const notes = more.map((op) => diagnose(messages.replaced, { device, what, op, found: failed.found }));
    return { plain, notes: [...before.notes, ...notes] };
  }
  throw new ContextParallelError([failed.diagnostic]);
}

/** What to replace, the least first. */
function replacements(before: readonly FusedOp[], model: Uint8Array): readonly (readonly FusedOp[])[] {
  const used = FUSED.filter((op) => !before.includes(op) && mayUse(model, op));
  return [...used.map((op) => [op]), ...(used.length > 1 ? [used] : [])];
}

interface Failure {
  readonly diagnostic: Diagnostic;
  /** For people, after the name of the subject. */
  readonly found: string;
}

async function failure(
  device: string,
  plain: readonly FusedOp[],
  subject: Expecting,
  by: Devices,
): Promise<Failure | null> {
  const { what, model, expected } = subject;
  try {
    const found = await by.compute(device, inPlainOperators(model, plain), subject.feeds, optionsOf(subject));
    const all = Object.entries(expected).map(([name, tensor]) =>
      compareTensors(name, found[name], tensor, isPrecision(tensor.elem) ? tolerances[subject.precision] : undefined),
    );
    const worst = all.filter(({ ok }) => !ok).toSorted((a, b) => b.largest_absolute - a.largest_absolute)[0];
    return worst === undefined ? null : differs(device, what, worst);
  } catch (error) {
    if (!(error instanceof OrtError)) throw error;
    const reason = error.message;
    return { diagnostic: diagnose(messages.fails, { device, what, reason }), found: `fails: ${reason}` };
  }
}

function differs(device: string, what: string, { name, largest_absolute: largest, tolerance }: Comparison): Failure {
  const tf32 = device.startsWith("cuda") || device.startsWith("tensorrt");
  const params = { device, what, output: name, largest, ...tolerance, tf32 };
  return {
    diagnostic: diagnose(messages.wrong, params),
    found: `differs from the CPU's result by up to ${largest.toPrecision(2)}`,
  };
}
