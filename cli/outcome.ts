/**
 * @file How a command ends: diagnostics, a result, and the exit code that follows from them. Knows no command.
 */
import { cliMessages } from "../compiler/diagnostics/catalog/cli.ts";
import { worldMessages } from "../compiler/diagnostics/catalog/running/world.ts";
import { deviceMessages } from "../compiler/diagnostics/catalog/running/devices.ts";
import { runtimeMessages } from "../compiler/diagnostics/catalog/runtime.ts";
import { hasErrors } from "../compiler/diagnostics/diagnose.ts";
import type { CommandIo } from "./io.ts";
import type { Diagnostic } from "../compiler/diagnostics/types.ts";

export const EXIT = { fine: 0, wrong: 1, usage: 2, unverified: 3, fault: 4, interrupted: 130 } as const;

export interface Outcome {
  readonly diagnostics: readonly Diagnostic[];
  /** Goes into the JSON document. */
  readonly result: unknown;
  /** Printed to standard output in text format; whole lines, or empty. */
  readonly text: string;
  readonly exitCode: number;
  /** Of a process beside which another one reports: only its diagnostics are printed, to standard error. */
  readonly beside?: boolean;
  /** The command ends by an interrupt as it should: not reported as one. */
  readonly endsBySignal?: boolean;
}

/** Prints an outcome before the last one. */
export type Show = (outcome: Outcome) => void;
/** A command with its arguments. */
export type Perform = (io: CommandIo, show: Show) => Promise<Outcome>;
/** Receives the command that the arguments request. */
export type Found = (name: string, perform: Perform) => void;

/** The usual end: the exit code follows from the diagnostics. */
export function outcome(diagnostics: readonly Diagnostic[], result: unknown = null, text = ""): Outcome {
  return { diagnostics, result, text, exitCode: exitCodeOf(diagnostics) };
}

/** Codes in the range of faults that a user's arguments cause, or a machine that lacks what they name. */
const MISTAKES: ReadonlySet<string> = new Set(
  [
    runtimeMessages.devices,
    runtimeMessages.backend,
    runtimeMessages.backendMissing,
    worldMessages.notLaunched,
    worldMessages.library,
    worldMessages.mixed,
    worldMessages.processes,
    worldMessages.differs,
    deviceMessages.unknown,
    deviceMessages.number,
    deviceMessages.missing,
    deviceMessages.wrong,
    deviceMessages.fails,
  ].map(({ code }) => code),
);

/** Codes outside that range of what fails while running. */
const FAULTS: ReadonlySet<string> = new Set([cliMessages.internal.code, cliMessages.sideEnded.code]);

/** 4 where something failed while running, else 1 for any error. */
function exitCodeOf(diagnostics: readonly Diagnostic[]): number {
  if (!hasErrors(diagnostics)) return EXIT.fine;
  return diagnostics.some((d) => d.severity === "error" && isFault(d.code)) ? EXIT.fault : EXIT.wrong;
}

function isFault(code: string): boolean {
  const number = Number(code.slice(2));
  return (number >= 6500 && number < 7000 && !MISTAKES.has(code)) || FAULTS.has(code);
}

/** Wrong usage that shows only when the arguments are checked together. */
export class UsageError extends Error {}
