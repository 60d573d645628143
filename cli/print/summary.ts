/**
 * @file A program in a few lines: its mesh, what is split and gathered, what moves between ranks.
 */
import type { Program } from "../../program/types.ts";

export interface Summary {
  readonly mesh: Program["mesh"];
  readonly ranks: number;
  readonly hooks: number;
  readonly pieces: number;
  /** Number of exchanges by what they serve. */
  readonly collectives: Readonly<Record<string, number>>;
  readonly equations: number;
}

/** The summary as data and as text. */
export function summary(program: Program): { readonly result: Summary; readonly text: string } {
  const { mesh, hooks, pieces, steps, equations } = program;
  const collectives: Record<string, number> = {};
  for (const step of steps) {
    if (step.kind === "exchange") collectives[step.purpose] = (collectives[step.purpose] ?? 0) + 1;
  }
  const ranks = mesh.ring_degree * mesh.ulysses_degree;
  const result = { mesh, ranks, hooks: hooks.length, pieces: pieces.length, collectives, equations: equations.length };
  const moved = Object.entries(collectives).map(([purpose, count]) => `${count} x ${purpose}`);
  const lines = [
    `${ranks} rank${ranks === 1 ? "" : "s"} (${meshText(mesh)})`,
    `${hooks.length} hook registrations, ${pieces.length} pieces`,
    `exchanges: ${moved.length === 0 ? "none" : moved.join(", ")}`,
    `lengths that must agree: ${equations.length}`,
  ];
  return { result, text: lines.map((line) => `${line}\n`).join("") };
}

export function meshText({ ring_degree, ulysses_degree }: Program["mesh"]): string {
  return `ring ${ring_degree} x ulysses ${ulysses_degree}`;
}
