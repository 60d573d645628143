/**
 * @file The command line as a function from arguments to an exit code: parse, perform, report. Knows no command.
 */
import { createRequire } from "node:module";
import { cliMessages } from "../compiler/diagnostics/catalog/cli.ts";
import { diagnose, InternalError } from "../compiler/diagnostics/diagnose.ts";
import type { Diagnostic } from "../compiler/diagnostics/types.ts";
import { sweepTemporaryFolders } from "../compiler/temporary/folders.ts";
import { STANDARD_INPUT } from "../compiler/plan/source.ts";
import { parseArguments, type Request } from "./arguments.ts";
import { readInput } from "./input.ts";
import type { CommandIo, Io } from "./io.ts";
import type { Format } from "./options.ts";
import { EXIT, type Outcome, outcome, type Show, UsageError } from "./outcome.ts";
import { report } from "./report.ts";

const require = createRequire(import.meta.url);

/** Runs one command to its end and returns the exit code; all output goes through `io`. */
export async function main(argv: readonly string[], io: Io): Promise<number> {
  const version = versionOf();
  const request = parseArguments(argv, version);
  if (request.kind === "print") {
    io.out(request.text);
    return EXIT.fine;
  }
  const texts = new Map<string, string>();
  const command = request.kind === "command" ? request.name : request.command;
  const format = formatOf(argv);
  const show: Show = (outcome) => report({ version, command, format, outcome, texts, colors: hasColors(argv, io) }, io);
  const ended = await endOf(request, io, texts, show);
  show(ended);
  return ended.exitCode;
}

/** `texts` receives what is read from standard input. */
async function endOf(
  request: Exclude<Request, { kind: "print" }>,
  io: Io,
  texts: Map<string, string>,
  show: Show,
): Promise<Outcome> {
  if (request.kind === "usage") return usage(request.problem, request.command);
  sweepTemporaryFolders();
  const written: string[] = [];
  const commit: Io["commit"] = (path, work) => {
    io.commit(path, work);
    written.push(path);
  };
  const stdin: CommandIo["stdin"] = async (most) => {
    const bytes = await readInput(io, most);
    texts.set(STANDARD_INPUT, new TextDecoder().decode(bytes));
    return bytes;
  };
  try {
    const ended = await request.perform({ ...io, stdin, commit }, show);
    return io.signal.aborted && ended.endsBySignal !== true ? interrupted(written) : ended;
  } catch (error) {
    if (error instanceof UsageError) return usage(error.message, request.name);
    return io.signal.aborted ? interrupted(written) : outcome(diagnosticsOf(error));
  }
}

function hasColors(argv: readonly string[], io: Io): boolean {
  return io.colors && !argv.includes("--no-color");
}

/** Reports that the user interrupted a command. `written`: what the command had put in place by then. */
export function reportInterrupt(argv: readonly string[], written: readonly string[], io: Io): void {
  const version = versionOf();
  const request = parseArguments(argv, version);
  const command = request.kind === "command" ? request.name : "";
  report({ version, command, format: formatOf(argv), outcome: interrupted(written), colors: hasColors(argv, io) }, io);
}

function interrupted(written: readonly string[]): Outcome {
  return { ...outcome([diagnose(cliMessages.interrupted, { written })]), exitCode: EXIT.interrupted };
}

function versionOf(): string {
  return (require("onnx-context-parallel/package.json") as { readonly version: string }).version;
}

function usage(problem: string, command: string): Outcome {
  return { ...outcome([diagnose(cliMessages.usage, { problem, command })]), exitCode: EXIT.usage };
}

/** Converts a thrown error to diagnostics: those that it carries, a file error, or an internal error. */
function diagnosticsOf(error: unknown): readonly Diagnostic[] {
  if (carriesDiagnostics(error)) return error.diagnostics;
  if (isSystemError(error)) {
    const { syscall, path, code } = error;
    return [diagnose(cliMessages.fileSystem, { action: syscall, file: path, reason: code })];
  }
  const text = error instanceof Error ? error.message : String(error);
  const problem = (error instanceof InternalError ? text.replace(/^internal error[^:]*: /, "") : text).replaceAll(
    /\s*\n\s*/g,
    " ",
  );
  return [diagnose(cliMessages.internal, { problem })];
}

function carriesDiagnostics(error: unknown): error is { readonly diagnostics: readonly Diagnostic[] } {
  return error instanceof Error && "diagnostics" in error && Array.isArray(error.diagnostics);
}

interface SystemError {
  readonly syscall: string;
  readonly path: string;
  readonly code: string;
}

function isSystemError(error: unknown): error is SystemError {
  return error instanceof Error && "syscall" in error && "path" in error && "code" in error;
}

/** The requested format, readable even where the rest of the arguments is not. */
function formatOf(argv: readonly string[]): Format {
  const formats: readonly Format[] = ["json", "github", "sarif"];
  const at = argv.lastIndexOf("--format");
  const asked = (format: Format): boolean =>
    argv.includes(`--format=${format}`) || (at >= 0 && argv[at + 1] === format);
  return formats.find(asked) ?? "text";
}
