/**
 * @file Prints a program as text: the same program gives the same text. For `--dump` and for expected results of tests.
 */
import { basename } from "node:path";
import { show } from "../compiler/expr/expr.ts";
import type { Expr } from "../compiler/expr/expr.ts";
import { meshText } from "./mesh.ts";
import type {
  CollectiveStep,
  PieceStep,
  Program,
  ProgramHook,
  ProgramIntegers,
  ProgramLength,
  ProgramPiece,
  ProgramStep,
  ProgramTensor,
} from "./types.ts";

/** An operator inside a piece. */
interface Operator {
  readonly op: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
}

/** `contents` gives the operators of a piece, where they are known. Integers that ranks compute are numbered: `$0`. */
export function printProgram(
  program: Program,
  contents: (piece: ProgramPiece) => readonly Operator[] = () => [],
): string {
  const { mesh, options, model } = program;
  const numbers = new Map(Object.keys(program.derived).map((name, i) => [name, `$${i}`]));
  const names: Names = (list) => (list.length === 0 ? "nothing" : list.map((n) => numbers.get(n) ?? n).join(", "));
  const sections: readonly (readonly [string, readonly string[]])[] = [
    ["inputs", program.inputs.map(tensor)],
    ["outputs", program.outputs.map(tensor)],
    ["lengths", program.lengths.map(length)],
    ["integers", Object.values(program.derived).map((value, i) => `$${i} ${integers(value)}`)],
    [
      "equations",
      program.equations.map((e) => `${show(e.left)} = ${show(e.right)}: ${e.left_name} and ${e.right_name}`),
    ],
    ["minimums", program.minimums.map((m) => `${show(m.length)} >= ${m.at_least}: ${m.name}`)],
    ["hooks", program.hooks.map((h) => hook(h, names))],
    ["pieces", program.pieces.flatMap((p) => [piece(p, names), ...contents(p).map((o) => operator(o, names))])],
    ["steps", program.steps.flatMap((s, at) => step(s, at, names))],
    ["notes", program.notes.map(({ code, message }) => `${code} ${message}`)],
  ];
  const head = [
    `program ${program.version} of ${basename(model.path)}`,
    `mesh ${meshText(mesh)}`,
    `rotate ${options.rotate_method}, merge in ${options.convert_to_fp32 ? "float32" : "the type of the model"}`,
  ];
  return `${[...head, ...sections.map(section)].filter((text) => text !== "").join("\n")}\n`;
}

function section([title, lines]: readonly [string, readonly string[]]): string {
  return lines.length === 0 ? "" : `\n${title}\n${lines.map((line) => `  ${line}`).join("\n")}`;
}

function length({ name, sources, count }: ProgramLength): string {
  if (count === undefined) return `${name} = ${sources.map(source).join(" = ")}`;
  const { input, from, to, compare, than } = count;
  return `${name} = count(${input}[${show(from)} .. ${show(to)}] ${compare} ${than})`;
}

function tensor({ name, elem, dims }: ProgramTensor): string {
  return `${name} ${elem} ${shape(dims)}`;
}

/** A list of value names, integers by their number. */
type Names = (list: readonly string[]) => string;

function integers({ elem, dims, elements }: ProgramIntegers): string {
  return dims.length === 0 ? `${elem} ${elements.map(show).join()}` : `${elem} ${shape(elements)}`;
}

function shape(dims: readonly Expr[]): string {
  return `[${dims.map(show).join(", ")}]`;
}

function source({ input, axis }: { readonly input: string; readonly axis: number }): string {
  return `${input} axis ${axis}`;
}

function hook({ id, module, phase, action, reads, writes, origin }: ProgramHook, names: Names): string {
  const from = origin === null ? "" : ` (${origin.pointer})`;
  return `${id} ${place(module)} ${phase} ${action}: ${names(reads)} -> ${names(writes)}${from}`;
}

function piece({ id, inputs, outputs, weights }: ProgramPiece, names: Names): string {
  const where = { model: "the model", program: "the program" };
  return `${id}: ${names(inputs)} -> ${names(outputs)}${weights === null ? "" : `, weights of ${where[weights]}`}`;
}

function operator({ op, inputs, outputs }: Operator, names: Names): string {
  return `  ${names(outputs)} = ${op}(${inputs.length === 0 ? "" : names(inputs)})`;
}

function step(step: ProgramStep, at: number, names: Names): readonly string[] {
  const frees = step.frees.length === 0 ? [] : [`  free ${names(step.frees)}`];
  return [...body(step, names).map((line, i) => (i === 0 ? `${at} ${line}` : `  ${line}`)), ...frees];
}

function body(step: ProgramStep, names: Names): readonly string[] {
  if (step.kind === "piece") return [`run ${step.piece} in ${place(step.module)}`, ...bound(step, names)];
  if (step.kind === "collective") return collective(step, names);
  return [`hook ${step.hook} at ${place(step.module)} ${step.phase}: ${step.value} -> ${step.result}, ${step.layout}`];
}

/** Only where the names differ. */
function bound({ inputs, outputs }: PieceStep, names: Names): readonly string[] {
  const given = Object.entries(inputs).map(([inside, value]) => bind(inside, value, names));
  const taken = Object.entries(outputs).map(([inside, value]) => bind(inside, value, names));
  return [`read ${names(given)}`, `write ${names(taken)}`];
}

function bind(inside: string, value: string, names: Names): string {
  return inside === value ? names([value]) : `${names([inside])}: ${names([value])}`;
}

function collective(step: CollectiveStep, names: Names): readonly string[] {
  const { name, collective, group, purpose, module, hook, transfers } = step;
  const by = hook === null ? "" : `, hook ${hook}`;
  return [
    `${collective} over ${group} in ${place(module)}, "${purpose}"${by}: ${name}`,
    ...transfers.map((t) => `${names(t.send)} -> ${names(t.receive)} ${t.elem} ${shape(t.dims)}`),
  ];
}

function place(module: string): string {
  return module === "" ? "the root" : module;
}
