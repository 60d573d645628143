/**
 * @file Checks that a program is consistent: every value that it reads was written and not freed, and its names match. The compiler checks
 * its results, the runtime what it loads, since a program can be edited. Reads no file.
 */
import { groupSize } from "./mesh.ts";
import type { Program, ProgramStep } from "./types.ts";
import { valuesRead, valuesWritten } from "./values.ts";

/** Violations; empty if the program is consistent. A finding is an error of the compiler or of whoever edited the file. */
export function verifyProgram(program: Program): readonly string[] {
  return [...valuesOutOfOrder(program), ...namesThatDoNotFit(program), ...hooksOutOfOrder(program)];
}

function valuesOutOfOrder(program: Program): readonly string[] {
  const problems: string[] = [];
  const derived = new Set(Object.keys(program.derived));
  const live = new Set(program.inputs.map(({ name }) => name));
  const written = new Set([...live, ...derived]);
  const made = new Set<string>();
  program.steps.forEach((step, at) => {
    const say = (text: string): unknown => problems.push(`step ${at}: ${text}`);
    for (const name of valuesRead(step)) {
      if (live.has(name) || derived.has(name)) continue;
      say(written.has(name) ? `reads ${name} after it was freed` : `reads ${name}, which no step wrote`);
    }
    for (const name of valuesWritten(step)) {
      if (written.has(name)) say(`writes ${name} a second time`);
      written.add(name);
      live.add(name);
      made.add(name);
    }
    for (const name of step.frees) if (!live.delete(name)) say(`frees ${name}, which does not exist`);
  });
  const outputs = new Set(program.outputs.map(({ name }) => name));
  for (const name of outputs) if (!live.has(name)) problems.push(`the output ${name} does not exist at the end`);
  for (const name of live) if (made.has(name) && !outputs.has(name)) problems.push(`${name} is never freed`);
  return problems;
}

function namesThatDoNotFit(program: Program): readonly string[] {
  const pieces = new Map(program.pieces.map((piece) => [piece.id, piece]));
  return program.steps.flatMap((step, at) => misfits(program, pieces, step).map((text) => `step ${at}: ${text}`));
}

function misfits(
  { hooks, mesh }: Program,
  pieces: ReadonlyMap<string, Program["pieces"][number]>,
  step: ProgramStep,
): readonly string[] {
  if (step.kind === "piece") {
    const piece = pieces.get(step.piece);
    if (piece === undefined) return [`runs the piece ${step.piece}, which does not exist`];
    return [
      ...difference("inputs", Object.keys(step.inputs), piece.inputs),
      ...difference("outputs", Object.keys(step.outputs), piece.outputs),
    ];
  }
  if (step.hook !== null && hooks[step.hook]?.id !== step.hook) return [`belongs to no hook (${step.hook})`];
  if (step.kind === "hook") return [];
  const size = groupSize(step.group, mesh);
  const sent = step.collective === "all-to-all" ? size : 1;
  const received = step.collective === "shift" ? 1 : size;
  return step.transfers.flatMap(({ send, receive }) =>
    send.length === sent && receive.length === received
      ? []
      : [`${step.name} sends ${send.length} and receives ${receive.length} blocks, not ${sent} and ${received}`],
  );
}

function difference(what: string, found: readonly string[], wanted: readonly string[]): readonly string[] {
  const names = new Set(found);
  const same = found.length === wanted.length && wanted.every((name) => names.has(name));
  return same ? [] : [`gives the ${what} ${found.join(", ")} to a piece with ${wanted.join(", ")}`];
}

function hooksOutOfOrder({ hooks }: Program): readonly string[] {
  return hooks.flatMap(({ id, order }, i) => (id === i && order === i ? [] : [`hook ${id} stands at place ${i}`]));
}
