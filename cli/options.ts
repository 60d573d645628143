/**
 * @file Parses option values, and defines the options that several commands share. Knows commander, no command.
 */
import { type Command, InvalidArgumentError, Option } from "commander";
import type { DeviceName } from "../ort/devices/names.ts";

type Shapes = Readonly<Record<string, readonly number[]>>;
/** `github` and `sarif` print diagnostics only. */
export type Format = "text" | "json" | "github" | "sarif";

/** Stages that `--dump` can print, in their order. */
export const stageNames = ["plan", "canonical", "bound", "sharded", "program"] as const;
export type StageName = (typeof stageNames)[number];

/** How a plan is compiled: shared by check, compile and run. */
export interface CompileOptions {
  readonly model?: string;
  readonly batchDegree?: number;
  readonly ringDegree?: number;
  readonly ulyssesDegree?: number;
  readonly rotateMethod?: "allgather" | "alltoall";
  readonly convertToFp32: boolean;
  readonly config?: string;
  /** As they were written: commands report names that are none. */
  readonly devices?: readonly DeviceName[];
  readonly shape?: Shapes;
  readonly strict?: boolean;
}

/** `github` and `sarif` are for commands whose diagnostics have places in files of the caller's repository. */
export function formatOption(command: string): Option {
  const forPlaces: readonly Format[] = ["check", "compile"].includes(command) ? ["github", "sarif"] : [];
  const choices: readonly Format[] = ["text", "json", ...forPlaces];
  return new Option("--format <FORMAT>", "how to print the result").choices(choices).default("text");
}

/** Adds the options that control how a plan is compiled. */
export function addCompileOptions(command: Command): Command {
  const degrees = ["batchDegree", "ringDegree", "ulyssesDegree", "rotateMethod", "convertToFp32"];
  const methods = ["allgather", "alltoall"];
  return command
    .option("--model <MODEL>", "the ONNX model of the plan; overrides its $model")
    .addOption(new Option("--batch-degree <B>", "number of ranks that divide the batch").argParser(degree))
    .addOption(new Option("--ulysses-degree <U>", "number of ranks that divide the heads").argParser(degree))
    .addOption(new Option("--ring-degree <R>", "number of ranks that exchange keys and values").argParser(degree))
    .addOption(new Option("--rotate-method <METHOD>", "how a ring moves keys and values").choices(methods))
    .addOption(new Option("--no-convert-to-fp32", "merge parts in the element type of the model"))
    .addOption(new Option("--config <FILE>", "a ParallelConfig as JSON, instead of degrees").conflicts(degrees))
    .addOption(new Option("--devices <LIST>", "one device per rank, for example cpu,cpu").argParser(devices))
    .addOption(shapeOption())
    .option("--strict", "treat warnings and implicit decisions as errors");
}

/** Repeatable. */
export function shapeOption(): Option {
  return new Option("--shape <NAME=DIMS>", "fix the shape of an input, name=1,4096,64; repeatable").argParser(shape);
}

export function degree(text: string): number {
  if (!/^[1-9]\d{0,5}$/.test(text)) throw new InvalidArgumentError("It must be an integer of 1 or more.");
  return Number(text);
}

function devices(text: string): readonly DeviceName[] {
  const names = text.split(",").map((name) => name.trim());
  if (names.includes("")) throw new InvalidArgumentError("A device name is missing between commas.");
  return names as readonly string[] as readonly DeviceName[];
}

/** `2,1,1`; which numbers a program accepts is checked with it. */
function shares(text: string): readonly number[] {
  const numbers = text.split(",").map((part) => (part.trim() === "" ? NaN : Number(part)));
  if (numbers.some(Number.isNaN)) throw new InvalidArgumentError("Write one number per rank, for example 2,1,1.");
  return numbers;
}

/** `auto` measures the ranks; a simulation has none to measure. */
export function sharesOption(measures: boolean): Option {
  const auto = measures ? ', or "auto" to measure them' : "";
  return new Option("--shares <LIST>", `relative speed of each rank, for example 2,1,1${auto}`).argParser(
    (text: string) => (measures && text.trim() === "auto" ? "auto" : shares(text)),
  );
}

function shape(text: string, previous: Shapes | undefined): Shapes {
  const match = /^([^=]+)=(\d+(?:,\d+)*)?$/.exec(text.trim());
  if (match === null) throw new InvalidArgumentError("Write it as name=1,4096,64.");
  const [, name = "", dims = ""] = match;
  if (previous?.[name] !== undefined) throw new InvalidArgumentError(`The input ${name} is given twice.`);
  return { ...previous, [name]: dims === "" ? [] : dims.split(",").map(Number) };
}
