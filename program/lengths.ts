/**
 * @file Reads lengths from the shapes of feeds, or counts them in their data, and checks every assumption of a plan's proof: sources that agree,
 * extents, equations, minimums. One check for the simulator and for the runtime. Knows no rank.
 */
import { inputMessages as messages } from "../compiler/diagnostics/catalog/inputs.ts";
import { diagnose } from "../compiler/diagnostics/diagnose.ts";
import type { Diagnostic } from "../compiler/diagnostics/types.ts";
import { evaluate, show, symbolsOf, withinLimits } from "../compiler/expr/expr.ts";
import type { Expr } from "../compiler/expr/expr.ts";
import type { Program, ProgramCount } from "./types.ts";

/** What the shapes of feeds must satisfy. */
export interface LengthRules extends Pick<Program, "lengths" | "equations" | "minimums"> {
  readonly inputs: readonly { readonly name: string; readonly dims: readonly Expr[] }[];
}

export type Lengths = Readonly<Record<string, number>>;

/** The extents of a feed; `undefined` where it is missing or wrong, which is already reported. Its rank is that of the input. */
export type ExtentsOf = (input: string) => readonly number[] | undefined;

/** The elements of a feed as numbers, from one place to another, exclusive; `undefined` where it is missing or wrong. */
export type ElementsOf = (input: string, from: number, to: number) => ArrayLike<number> | undefined;

/** The value of each length that a feed gives, and every rule that the feeds break. Without elements a length that data decide has none. */
export function checkLengths(
  rules: LengthRules,
  extentsOf: ExtentsOf,
  elementsOf: ElementsOf = () => undefined,
): { readonly lengths: Lengths; readonly diagnostics: readonly Diagnostic[] } {
  const { lengths: ofAxes, diagnostics } = readLengths(rules, extentsOf);
  const lengths = { ...ofAxes, ...countLengths(rules, ofAxes, elementsOf) };
  return {
    lengths,
    diagnostics: [
      ...diagnostics,
      ...checkExtents(rules, extentsOf, lengths),
      ...checkValues(rules, lengths),
      ...checkEquations(rules, lengths),
      ...checkMinimums(rules, lengths),
    ],
  };
}

/** A length has the value of its first source; every other source must agree. */
function readLengths(rules: LengthRules, extentsOf: ExtentsOf): ReturnType<typeof checkLengths> {
  const lengths: Record<string, number> = {};
  const diagnostics: Diagnostic[] = [];
  for (const { name, sources } of rules.lengths) {
    const said = sources.flatMap(({ input, axis }) => {
      const number = extentsOf(input)?.[axis];
      return number === undefined ? [] : [{ input, axis, number }];
    });
    const [first, ...others] = said;
    if (first === undefined) continue;
    lengths[name] = first.number;
    for (const other of others.filter(({ number }) => number !== first.number)) {
      const one = { first: first.input, firstAxis: first.axis, firstNumber: first.number };
      const two = { other: other.input, otherAxis: other.axis, otherNumber: other.number };
      diagnostics.push(diagnose(messages.length, { length: name, ...one, ...two }));
    }
  }
  return { lengths, diagnostics };
}

/** The lengths that data decide, where the shapes of the feeds are right. */
export function countLengths(rules: Pick<LengthRules, "lengths">, ofAxes: Lengths, elementsOf: ElementsOf): Lengths {
  const counted = rules.lengths.flatMap(({ name, count }): [string, number][] => {
    const [from, to] = count === undefined ? [null, null] : [valueOf(count.from, ofAxes), valueOf(count.to, ofAxes)];
    const elements = from === null || to === null ? undefined : elementsOf(count!.input, from, to);
    return elements === undefined ? [] : [[name, countIn(elements, count!)]];
  });
  return Object.fromEntries(counted);
}

function countIn(elements: ArrayLike<number>, { compare, than }: ProgramCount): number {
  const holds = TESTS[compare];
  let found = 0;
  for (let i = 0; i < elements.length; i++) if (holds(elements[i]!, than)) found++;
  return found;
}

const TESTS: Readonly<Record<ProgramCount["compare"], (x: number, than: number) => boolean>> = {
  "!=": (x, than) => x !== than,
  "<": (x, than) => x < than,
  "<=": (x, than) => x <= than,
  ">": (x, than) => x > than,
  ">=": (x, than) => x >= than,
};

/** Fixed extents, and those that follow from lengths. An axis that is itself the source of a length has already been checked. */
function checkExtents(rules: LengthRules, extentsOf: ExtentsOf, lengths: Lengths): readonly Diagnostic[] {
  const sources = new Set(rules.lengths.flatMap((l) => l.sources.map(({ input, axis }) => keyOf(l.name, input, axis))));
  return rules.inputs.flatMap(({ name, dims }) => {
    const extents = extentsOf(name);
    if (extents === undefined) return [];
    return dims.flatMap((dim, axis) => {
      if (typeof dim === "string" && sources.has(keyOf(dim, name, axis))) return [];
      const expectedNumber = valueOf(dim, lengths);
      const actual = extents[axis]!;
      if (expectedNumber === null || actual === expectedNumber) return [];
      return [diagnose(messages.extent, { name, axis, expected: show(dim), expectedNumber, actual })];
    });
  });
}

function keyOf(length: string, input: string, axis: number): string {
  return JSON.stringify([length, input, axis]);
}

function checkEquations({ equations }: LengthRules, lengths: Lengths): readonly Diagnostic[] {
  return equations.flatMap(({ left, right, left_name, right_name, module, span }) => {
    const leftNumber = valueOf(left, lengths);
    const rightNumber = valueOf(right, lengths);
    if (leftNumber === null || rightNumber === null || leftNumber === rightNumber) return [];
    const params = { left: left_name, leftNumber, right: right_name, rightNumber, module };
    return [diagnose(messages.equation, params, { span: span ?? undefined })];
  });
}

function checkMinimums({ minimums }: LengthRules, lengths: Lengths): readonly Diagnostic[] {
  return minimums.flatMap(({ length, at_least: atLeast, name, span }) => {
    const number = valueOf(length, lengths);
    if (number === null || number >= atLeast) return [];
    return [diagnose(messages.tooShort, { name, length: number, atLeast }, { span: span ?? undefined })];
  });
}

/** Expressions without a value for these lengths. The compiler makes none, but a program can be edited. */
function checkValues({ inputs, equations, minimums }: LengthRules, lengths: Lengths): readonly Diagnostic[] {
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
  return diagnose(messages.noValue, { what, lengths: text.join(", ") });
}

/** `null` where a feed that gives one of the lengths is missing or wrong, or where there is no value: both are reported elsewhere. */
function valueOf(expr: Expr, lengths: Lengths): number | null {
  return isKnown(expr, lengths) ? withinLimits(() => evaluate(expr, lengths)) : null;
}

function isKnown(expr: Expr, lengths: Lengths): boolean {
  return symbolsOf(expr).every((name) => Object.hasOwn(lengths, name));
}
