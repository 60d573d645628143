/**
 * @file Checks that a program is consistent in itself: what it reads was written and not freed, and its names fit together. Reads no
 * file.
 */
import { groupSize } from "./mesh.ts";
import type { Program, ProgramStep } from "./types.ts";
import { valuesRead, valuesWritten } from "./values.ts";

/** What is wrong with the program; empty if nothing is. A finding is a mistake of the compiler or of whoever edited the file. */
export function verifyProgram(program: Program): readonly string[] {
  const problems: string[] = [];
  const live = new Set(program.inputs.map(({ name }) => name));
  const written = new Set([...live, ...Object.keys(program.derived)]);
  program.steps.forEach((step, at) => {
    const say = (text: string): unknown => problems.push(`step ${at}: ${text}`);
    for (const name of valuesRead(step)) {
      if (live.has(name) || name in program.derived) continue;
      say(written.has(name) ? `reads ${name} after it was freed` : `reads ${name}, which nothing wrote`);
    }
    for (const name of valuesWritten(step)) {
      if (written.has(name)) say(`writes ${name} a second time`);
      written.add(name);
      live.add(name);
    }
    for (const name of step.frees) if (!live.delete(name)) say(`frees ${name}, which is not there`);
    for (const text of namesThatDoNotFit(program, step)) say(text);
  });
  const outputs = new Set(program.outputs.map(({ name }) => name));
  for (const name of outputs) if (!live.has(name)) problems.push(`the output ${name} is not there at the end`);
  for (const name of live) {
    if (!outputs.has(name) && program.steps.some((step) => valuesWritten(step).includes(name))) {
      problems.push(`${name} is never freed`);
    }
  }
  return [...problems, ...hooksOutOfOrder(program)];
}

function namesThatDoNotFit(program: Program, step: ProgramStep): readonly string[] {
  if (step.kind === "piece") {
    const piece = program.pieces.find(({ id }) => id === step.piece);
    if (piece === undefined) return [`runs the piece ${step.piece}, which is not there`];
    return [
      ...difference("inputs", Object.keys(step.inputs), piece.inputs),
      ...difference("outputs", Object.keys(step.outputs), piece.outputs),
    ];
  }
  if (step.hook !== null && program.hooks[step.hook]?.id !== step.hook) return [`belongs to no hook (${step.hook})`];
  if (step.kind === "hook") return [];
  const size = groupSize(step.group, program.mesh);
  const sent = step.collective === "all-to-all" ? size : 1;
  const received = step.collective === "shift" ? 1 : size;
  return step.transfers.flatMap(({ send, receive }) =>
    send.length === sent && receive.length === received
      ? []
      : [`${step.name} sends ${send.length} and receives ${receive.length} blocks, not ${sent} and ${received}`],
  );
}

function difference(what: string, found: readonly string[], wanted: readonly string[]): readonly string[] {
  const same = found.length === wanted.length && wanted.every((name) => found.includes(name));
  return same ? [] : [`gives the ${what} ${found.join(", ")} to a piece with ${wanted.join(", ")}`];
}

function hooksOutOfOrder({ hooks }: Program): readonly string[] {
  return hooks.flatMap(({ id, order }, i) => (id === i && order === i ? [] : [`hook ${id} stands at place ${i}`]));
}
