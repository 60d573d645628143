/**
 * @file Prints a program as text: the same program gives the same text. For `--dump` and for expected results of tests.
 */
import { basename } from "node:path";
import { show } from "../compiler/expr/expr.ts";
import type { Expr } from "../compiler/expr/expr.ts";
import type {
  ExchangeStep,
  PieceStep,
  Program,
  ProgramHook,
  ProgramPiece,
  ProgramStep,
  ProgramTensor,
} from "./types.ts";

export function printProgram(program: Program): string {
  const { mesh, options, model, derived } = program;
  const sections: readonly (readonly [string, readonly string[]])[] = [
    ["inputs", program.inputs.map(tensor)],
    ["outputs", program.outputs.map(tensor)],
    ["lengths", program.lengths.map(({ name, sources }) => `${name} = ${sources.map(source).join(" = ")}`)],
    ["integers", Object.keys(derived)],
    [
      "equations",
      program.equations.map((e) => `${show(e.left)} = ${show(e.right)}: ${e.left_name} and ${e.right_name}`),
    ],
    ["minimums", program.minimums.map((m) => `${show(m.length)} >= ${m.at_least}: ${m.name}`)],
    ["hooks", program.hooks.map(hook)],
    ["pieces", program.pieces.map(piece)],
    ["steps", program.steps.flatMap(step)],
    ["notes", program.notes.map(({ code, message }) => `${code} ${message}`)],
  ];
  const head = [
    `program ${program.version} of ${basename(model.path)}`,
    `mesh ring ${mesh.ring_degree} x ulysses ${mesh.ulysses_degree}`,
    `rotate ${options.rotate_method}, merge in ${options.convert_to_fp32 ? "float32" : "the type of the model"}`,
  ];
  return `${[...head, ...sections.map(section)].filter((text) => text !== "").join("\n")}\n`;
}

function section([title, lines]: readonly [string, readonly string[]]): string {
  return lines.length === 0 ? "" : `\n${title}\n${lines.map((line) => `  ${line}`).join("\n")}`;
}

function tensor({ name, elem, dims }: ProgramTensor): string {
  return `${name} ${elem} ${shape(dims)}`;
}

function shape(dims: readonly Expr[]): string {
  return `[${dims.map(show).join(", ")}]`;
}

function source({ input, axis }: { readonly input: string; readonly axis: number }): string {
  return `${input} axis ${axis}`;
}

function hook({ id, module, phase, action, reads, writes, origin }: ProgramHook): string {
  const from = origin === null ? "" : ` (${origin.pointer})`;
  return `${id} ${place(module)} ${phase} ${action}: ${names(reads)} -> ${names(writes)}${from}`;
}

function piece({ id, inputs, outputs, weights }: ProgramPiece): string {
  const where = { model: "the model", program: "the program" };
  return `${id}: ${names(inputs)} -> ${names(outputs)}${weights === null ? "" : `, weights of ${where[weights]}`}`;
}

function step(step: ProgramStep, at: number): readonly string[] {
  const frees = step.frees.length === 0 ? [] : [`  free ${names(step.frees)}`];
  return [...body(step).map((line, i) => (i === 0 ? `${at} ${line}` : `  ${line}`)), ...frees];
}

function body(step: ProgramStep): readonly string[] {
  if (step.kind === "piece") return [`run ${step.piece} in ${place(step.module)}`, ...bound(step)];
  if (step.kind === "exchange") return exchange(step);
  return [`hook ${step.hook} at ${place(step.module)} ${step.phase}: ${step.value} -> ${step.result}, ${step.layout}`];
}

/** Only where the names differ. */
function bound({ inputs, outputs }: PieceStep): readonly string[] {
  const given = Object.entries(inputs).map(([inside, value]) => (inside === value ? value : `${inside}: ${value}`));
  const taken = Object.entries(outputs).map(([inside, value]) => (inside === value ? value : `${inside}: ${value}`));
  return [`read ${names(given)}`, `write ${names(taken)}`];
}

function exchange({ name, collective, group, purpose, module, hook, transfers }: ExchangeStep): readonly string[] {
  const by = hook === null ? "" : `, hook ${hook}`;
  return [
    `${collective} over ${group} in ${place(module)}, "${purpose}"${by}: ${name}`,
    ...transfers.map((t) => `${names(t.send)} -> ${names(t.receive)} ${t.elem} ${shape(t.dims)}`),
  ];
}

function place(module: string): string {
  return module === "" ? "the root" : module;
}

function names(list: readonly string[]): string {
  return list.length === 0 ? "nothing" : list.join(", ");
}
