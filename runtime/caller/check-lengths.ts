/**
 * @file Reads the lengths of a run off its feeds and checks all that the program says of them: sources, extents, equations, minimums.
 */
import { inputMessages } from "../../compiler/diagnostics/catalog/inputs.ts";
import { diagnose } from "../../compiler/diagnostics/diagnose.ts";
import type { Diagnostic } from "../../compiler/diagnostics/types.ts";
import { evaluate, show, symbolsOf, withinLimits } from "../../compiler/expr/expr.ts";
import type { Expr } from "../../compiler/expr/expr.ts";
import type { Program, ProgramTensor } from "../../program/types.ts";
import type { OrtTensor } from "../../ort/session.ts";
import type { Lengths } from "../collectives/placement.ts";

/** A length is what its first source says; every other source must say the same. */
export function readLengths(
  program: Program,
  feeds: ReadonlyMap<string, OrtTensor>,
): { readonly lengths: Lengths; readonly diagnostics: readonly Diagnostic[] } {
  const lengths: Record<string, number> = {};
  const diagnostics: Diagnostic[] = [];
  for (const { name, sources } of program.lengths) {
    const said = sources.flatMap(({ input, axis }) => {
      const number = feeds.get(input)?.dims[axis];
      return number === undefined ? [] : [{ input, axis, number }];
    });
    const [first, ...others] = said;
    if (first === undefined) continue;
    lengths[name] = first.number;
    for (const other of others.filter(({ number }) => number !== first.number)) {
      const one = { first: first.input, firstAxis: first.axis, firstNumber: first.number };
      const two = { other: other.input, otherAxis: other.axis, otherNumber: other.number };
      diagnostics.push(diagnose(inputMessages.length, { length: name, ...one, ...two }));
    }
  }
  return { lengths, diagnostics };
}

/** Fixed extents, and those that follow from lengths. Where the axis is itself the source of a length, that has been checked. */
export function checkExtents(
  program: Program,
  { name, dims }: ProgramTensor,
  tensor: OrtTensor | undefined,
  lengths: Lengths,
): readonly Diagnostic[] {
  if (tensor === undefined) return [];
  const sources = program.lengths.flatMap((length) =>
    length.sources.map((source) => ({ ...source, length: length.name })),
  );
  return dims.flatMap((dim, axis) => {
    if (sources.some((source) => source.length === dim && source.input === name && source.axis === axis)) return [];
    const expectedNumber = valueOf(dim, lengths);
    const actual = tensor.dims[axis]!;
    if (expectedNumber === null || actual === expectedNumber) return [];
    return [diagnose(inputMessages.extent, { name, axis, expected: show(dim), expectedNumber, actual })];
  });
}

export function checkEquations(program: Program, lengths: Lengths): readonly Diagnostic[] {
  return program.equations.flatMap(({ left, right, left_name, right_name, module, span }) => {
    const leftNumber = valueOf(left, lengths);
    const rightNumber = valueOf(right, lengths);
    if (leftNumber === null || rightNumber === null || leftNumber === rightNumber) return [];
    const params = { left: left_name, leftNumber, right: right_name, rightNumber, module };
    return [diagnose(inputMessages.equation, params, { span: span ?? undefined })];
  });
}

export function checkMinimums(program: Program, lengths: Lengths): readonly Diagnostic[] {
  return program.minimums.flatMap(({ length, at_least: atLeast, name, span }) => {
    const number = valueOf(length, lengths);
    if (number === null || number >= atLeast) return [];
    return [diagnose(inputMessages.tooShort, { name, length: number, atLeast }, { span: span ?? undefined })];
  });
}

/** Expressions that no number comes of for these lengths. The compiler makes none, but a program can be edited. */
export function checkValues({ inputs, equations, minimums }: Program, lengths: Lengths): readonly Diagnostic[] {
  const exprs = [
    ...inputs.flatMap(({ dims }) => dims),
    ...equations.flatMap(({ left, right }) => [left, right]),
    ...minimums.map(({ length }) => length),
  ];
  const without = exprs.find((expr) => isKnown(expr, lengths) && valueOf(expr, lengths) === null);
  return without === undefined ? [] : [noValue(show(without).slice(0, 200), lengths)];
}

export function noValue(what: string, lengths: Lengths): Diagnostic {
  const text = Object.entries(lengths).map(([name, number]) => `${name} = ${number}`);
  return diagnose(inputMessages.noValue, { what, lengths: text.join(", ") });
}

/** `null` where a feed that gives one of the lengths is missing or wrong, or where there is no number: that is said elsewhere. */
function valueOf(expr: Expr, lengths: Lengths): number | null {
  return isKnown(expr, lengths) ? withinLimits(() => evaluate(expr, lengths)) : null;
}

function isKnown(expr: Expr, lengths: Lengths): boolean {
  return symbolsOf(expr).every((name) => Object.hasOwn(lengths, name));
}
