/**
 * @file A program in a few lines: its mesh, what is split and gathered, what moves between ranks.
 */
import { meshText, ranksOf } from "../../program/mesh.ts";
import type { Program } from "../../program/types.ts";
import type { Gain } from "../../gain/gain.ts";
import { gainLine, gainLines } from "./gain.ts";

export interface Summary {
  readonly mesh: Program["mesh"];
  readonly ranks: number;
  /** Number of attention sites by scheme; `local` needs no communication. */
  readonly attention: Readonly<Record<string, number>>;
  readonly hooks: number;
  readonly pieces: number;
  /** Number of collectives by purpose. */
  readonly collectives: Readonly<Record<string, number>>;
  readonly equations: number;
}

/** The summary as data and as text. */
export function summary(program: Program, gain: Gain | null): { readonly result: Summary; readonly text: string } {
  const { mesh, hooks, pieces, steps, equations } = program;
  const collectives = counted(steps.flatMap((step) => (step.kind === "collective" ? [step.purpose] : [])));
  const ranks = ranksOf(mesh);
  const attention = counted(hooks.filter(({ phase }) => phase === "attention").map(({ action }) => action));
  const counts = { hooks: hooks.length, pieces: pieces.length, equations: equations.length };
  const result = { mesh, ranks, attention, collectives, ...counts };
  const lines = [
    gain === null ? "plan is exact" : gainLine(gain),
    `${count(ranks, "rank")} (${meshText(mesh)})`,
    `attention: ${times(attention)}`,
    `${hooks.length} hook registrations, ${pieces.length} pieces`,
    `collectives: ${times(collectives)}`,
    ...(equations.length === 0 ? [] : [`${count(equations.length, "length equation")}, checked before each run`]),
    ...(gain === null ? [] : gainLines(gain)),
  ];
  return { result, text: lines.map((line) => `${line}\n`).join("") };
}

/** How often each name occurs, in order of first appearance. */
function counted(names: readonly string[]): Readonly<Record<string, number>> {
  const counts: Record<string, number> = {};
  for (const name of names) counts[name] = (counts[name] ?? 0) + 1;
  return counts;
}

function times(counts: Readonly<Record<string, number>>): string {
  const texts = Object.entries(counts).map(([name, number]) => `${number} x ${name}`);
  return texts.length === 0 ? "none" : texts.join(", ");
}

function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? "" : "s"}`;
}
